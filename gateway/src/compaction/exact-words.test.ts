import { expect, test } from 'vitest';
import { exactWords, missingWords } from './exact-words.ts';

test('links, paths, codes, numbers and names, as they were written', () => {
  const text =
    'Call Anna Berg about https://a.example/b?c=1, the file ~/notes/tea.md and order K7-4431: 12.50 € on 2026-11-21, tel. +49 171 2345.';
  expect(exactWords(text)).toEqual([
    'https://a.example/b?c=1',
    '~/notes/tea.md',
    'K7-4431',
    '12.50 €',
    '2026-11-21',
    '+49 171 2345',
    'Anna Berg',
  ]);
});

test.each([
  ['Я встретил Анну Петрову в Казани', ['Анну Петрову', 'Казани']],
  ['we saw Ana and Ana again', ['Ana']],
  ['nothing of that kind is in here', []],
])('%j', (text, words) => {
  expect(exactWords(text)).toEqual(words);
});

test('what a summary lacks is named, within its room; names give way first', () => {
  const from = 'The doors are A1-0001 and B2-0002, said Carla Diaz, and Emil.';
  expect(missingWords(from, 'Doors: a1-0001', 100)).toEqual(['Carla Diaz', 'Emil', 'B2-0002']);
  expect(missingWords(from, 'Doors: a1-0001', 4)).toEqual(['B2-0002']);
});
