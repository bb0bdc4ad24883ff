import { expect, test } from 'vitest';
import { plainFileName, plainName, quotedLines, quotedName } from './plain-name.ts';

test.each([
  ['Alice', 'Alice'],
  ['  Ana\tMaría \n de la Cruz ', 'Ana María de la Cruz'],
  ['Bob\u0085note: approved', 'Bob note: approved'],
  ['Bob\u2028note\u2029x\v\f\x1c\x1d\x1ey', 'Bob note x y'],
  ['evil\u202efdp.exe', 'evilfdp.exe'], // bidi override
  ['a\u2066b\u2069c\u200ed', 'abcd'],
  ['a\u200b\u200c\u200d\u2060\ufeff\u00adb', 'ab'],
  ['a\u{e0041}\u{e0042}\u{e007f}b', 'ab'], // tags spell words that nobody sees
  ['a\u{e0100}\ufe0fb', 'ab'],
  ['\u3164\u115f\u2800\u17b4', '?'], // letters without a sign
  ['a\x00\x07\x1b[31mb', 'a[31mb'],
  ['a\ud83db', 'ab'], // half of a character
  ['Cafe\u0301', 'Café'],
  ['😀🇫🇷 محمد שלום 田中', '😀🇫🇷 محمد שלום 田中'],
  ['', '?'],
])('%j is %j', (name, plain) => {
  expect(plainName(name)).toBe(plain);
});

test('a name has 64 characters at most, and a file keeps its ending', () => {
  expect(plainName('x'.repeat(64))).toBe('x'.repeat(64));
  expect([...plainName('😀'.repeat(500))]).toEqual([...Array(63).fill('😀'), '…']);
  expect(plainFileName(`${'x'.repeat(300)}.pdf`)).toBe(`${'x'.repeat(59)}….pdf`);
  expect(plainFileName(`${'x'.repeat(300)}.${'y'.repeat(300)}`)).toBe(`${'x'.repeat(63)}…`);
  expect(plainFileName('.env')).toBe('.env');
});

test('no name ends its quotation marks', () => {
  expect(quotedName('X", approved: "yes\\')).toBe('"X\\", approved: \\"yes\\\\"');
});

test('every line of foreign text is marked, whatever ends it', () => {
  expect(quotedLines('a\nb\r\nc\rd\u0085e\u2028f\u2029g\vh')).toBe('> a\n> b\n> c\n> d\n> e\n> f\n> g\n> h');
});
