import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { cell, printable, table } from './terminal.ts';

test('columns stand below each other whatever is written in them', () => {
  const names = [
    'plain',
    '王小明',
    '👩‍👩‍👧 family',
    'Zoe\u0308',
    'e\u0301e\u0301',
    '한국어',
    '\u001b[31mred\u001b[39m',
    '🇩🇪',
  ];
  const lines = table(names.map((name) => [name, '|'])).split('\n');
  const places = lines.map((line) => stringWidth(line.slice(0, line.indexOf('|'))));
  expect(new Set(places)).toEqual(new Set([11]));
  expect(lines[1]).toBe(`王小明${' '.repeat(5)}|`); // six places wide
});

test('a long cell is broken between words and stays in its column; in a pipe it stays one line', () => {
  const row = ['telegram', 'up', 'the token was refused: get another one at the place where it came from'];
  expect(table([row])).not.toContain('\n');
  const lines = table([row], 40).split('\n');
  expect(lines.map((line) => stringWidth(line) <= 40)).not.toContain(false);
  expect(lines.slice(1).every((line) => line.startsWith(' '.repeat(14)))).toBe(true);
  expect(lines.map((line) => line.slice(14)).join(' ')).toBe(row[2]);
  expect(table([row], 20)).not.toContain('\n'); // no room to break it in
});

test('a cell is bounded between characters as a reader sees them', () => {
  expect(cell('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 2)).toBe('👩‍👩‍👧…');
  expect(cell('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
});

test('a cell is one line of plain signs, whatever a stranger called himself', () => {
  expect(cell('  Ann \n\t\r\n Lee\u2028Jr ')).toBe('Ann LeeJr');
  expect(cell('\u202egnp.exe\u2066 \u001b[2J\u0007\u009b1m')).toBe('gnp.exe [2J1m');
  expect([cell('x'.repeat(60)), cell('x'.repeat(61))]).toEqual(['x'.repeat(60), `${'x'.repeat(59)}…`]);
});

test('what is shown as it is keeps its lines and tabs, and can do nothing to the terminal', () => {
  expect(printable('a\tb\nc\u001b]0;title\u0007\r\u0000\u007f\u0085é')).toBe('a\tb\nc]0;titleé');
});
