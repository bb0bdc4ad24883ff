import { expect, test } from 'vitest';
import { knownWindow } from './model-windows.ts';

test.each([
  ['anthropic/claude-sonnet-4-5', 200_000],
  ['anthropic/claude-sonnet-4-5-20250929', 200_000],
  ['anthropic/claude-opus-5', 1_000_000],
  ['openai/gpt-5-mini', 272_000], // what it reads
  ['openai/gpt-5-chat-latest', 128_000],
  ['openai/gpt-4.1', 1_047_576],
  ['local/gpt-4.1', null], // another provider's model of that name may be set up otherwise
  ['offline/offline-2', null],
])('%s has %s', (model, window) => {
  expect(knownWindow(model)).toBe(window);
});
