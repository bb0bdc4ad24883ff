import { expect, test } from 'vitest';
import type { PartClient } from '../parts/part-client.ts';
import { ownerRules } from './owner-rules.ts';

const RULES = { allow: ['*'], ask: ['shell:cmd=*rm*'], deny: ['fetch'] };
const memory = { request: async () => ({ status: 200, body: RULES }) } as unknown as PartClient;

test('arguments that can be read in two ways are allowed by no rule', async () => {
  const rules = ownerRules(memory);
  expect(await rules('shell', { cmd: 'ls' })).toBe('allow');
  expect(await rules('shell', { cmd: 'rm x' })).toBe('ask');
  expect(await rules('shell', '{"cmd":"rm x","cmd":"ls"}')).toBeNull();
  expect(await rules('fetch', '{"url":"a","url":"b"}')).toBe('deny');
  expect(await ownerRules(null)('shell', {})).toBeNull();
});
