import { expect, test } from 'vitest';
import { Windows } from './windows.ts';

const learned = (model: string): number | null => (model === 'local/tight' ? 6000 : null);

test.each([
  ['what the engine reports', null, { limit: 9000, source: 'reported', model: 'a/b' }, 9000, 'reported'],
  ['what soul.yaml names', null, { limit: 8000, source: 'named', model: 'a/b' }, 8000, 'named'],
  ['a smaller one of .env', 7000, { limit: 9000, source: 'reported', model: 'a/b' }, 7000, 'named'],
  ['not a larger one of .env', 70_000, { limit: 9000, source: 'reported', model: 'a/b' }, 9000, 'reported'],
  ['.env, where the engine does not know', 7000, { limit: null, source: null, model: 'a/b' }, 7000, 'named'],
  ['the table', null, { limit: null, source: null, model: 'openai/gpt-5' }, 272_000, 'known'],
  ['what was refused', null, { limit: 9000, source: 'reported', model: 'local/tight' }, 6000, 'learned'],
  ['an estimate that says so', null, { limit: null, source: null, model: 'local/new' }, 32_000, 'estimated'],
] as const)('%s', (_, named, context, tokens, source) => {
  expect(new Windows({ learned }, named).of(context)).toEqual({ tokens, source });
});

test('how full it is', () => {
  const context = { limit: 8000, source: 'reported', model: 'a/b', tokens: 6000, base: null } as const;
  const windows = new Windows({ learned }, null);
  expect(windows.fullness(context)).toMatchObject({ tokens: 6000, share: 0.75 });
  expect(windows.fullness(null)).toBeNull();
});
