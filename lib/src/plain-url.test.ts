import { expect, test } from 'vitest';
import { plainUrl } from './plain-url.ts';

test.each([
  ['https://alice:secret@models.example/v1', 'https://models.example/v1'],
  ['http://token@127.0.0.1:11434', 'http://127.0.0.1:11434'],
  ['https://a:p%40ss@h/x?y=1@2', 'https://h/x?y=1@2'],
  ['https://a:p@ss@h/x', 'https://h/x'],
  ['https://models.example/v1', 'https://models.example/v1'],
  ['mail me@example.org', 'mail me@example.org'],
  ['', ''],
])('%s', (text, shown) => {
  expect(plainUrl(text)).toBe(shown);
});
