import { expect, test } from 'vitest';
import { beginningOf, spokenText } from './spoken-text.ts';

test.each([
  ['**Yes**, *really*.', 'Yes, really.'],
  ['# Plan\n\n- buy milk\n- call Bea', 'Plan.\nbuy milk.\ncall Bea.'],
  ['See [the page](https://example.org/a?b=c).', 'See the page.'],
  ['Look at https://www.example.org/very/long?x=1 now', 'Look at example.org now.'],
  ['Done 🎉🎉', 'Done.'],
  ['> quoted\n\nsaid', 'quoted.\nsaid.'],
  ['你好。', '你好。'],
])('%j is read out as %j', (markdown, spoken) => {
  expect(spokenText(markdown)).toEqual({ text: spoken, leavesOut: false });
});

test.each([
  ['Run this:\n\n```sh\nrm -rf /\n```\n\nThen wait.', 'Run this:\nThen wait.'],
  ['| a | b |\n|---|---|\n| 1 | 2 |', ''],
  ['Call `foo(bar[0])` twice', 'Call … twice.'],
])('code and tables are never read out: %j', (markdown, spoken) => {
  expect(spokenText(markdown)).toEqual({ text: spoken, leavesOut: true });
});

test('a name in code is a word', () => {
  expect(spokenText('Open `notes.md` please').text).toBe('Open notes.md please.');
});

test('a beginning ends with a sentence where it can', () => {
  expect(beginningOf('One two. Three four. Five six seven.', 24)).toBe('One two. Three four.');
  expect(beginningOf('one two three four five', 12)).toBe('one two');
  expect(beginningOf('short', 12)).toBe('short');
  expect(beginningOf('x'.repeat(30), 10)).toHaveLength(10);
});
