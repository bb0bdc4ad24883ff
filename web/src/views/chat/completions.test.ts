import { expect, test } from 'vitest';
import { commandsFor, filesFor } from './completions.ts';

const COMMANDS = [
  { name: 'new', description: 'Begin anew' },
  { name: 'model', usage: '[name]', description: 'Which `model` answers' },
];
const FILES = ['HEARTBEAT.md', 'MEMORY.md', 'memory/2026-01-01.md', 'memory/2026-01-02.md'];

test('a command is completed while the text is nothing but its beginning', () => {
  expect(commandsFor('/M', COMMANDS)).toEqual([
    { name: '/model [name]', about: 'Which model answers', completed: '/model ' },
  ]);
  for (const text of ['', 'a /m', '/model x', '//']) expect(commandsFor(text, COMMANDS)).toEqual([]);
});

test('a file of the memory is completed after an @, the newest day first', () => {
  const completed = (text: string): string[] => filesFor(text, FILES).map((one) => one.completed);
  expect(completed('@')).toEqual([
    '@MEMORY.md ',
    '@HEARTBEAT.md ',
    '@memory/2026-01-02.md ',
    '@memory/2026-01-01.md ',
  ]);
  expect(completed('look at @01-02')).toEqual(['look at @memory/2026-01-02.md ']);
  expect(completed('(@HEART')).toEqual(['(@HEARTBEAT.md ']);
  for (const text of ['', 'me@mem', '@MEMORY.md ', '@nothing']) expect(completed(text)).toEqual([]);
});
