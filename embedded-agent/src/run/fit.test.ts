import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import { expect, test } from 'vitest';
import { fitPrompt } from './fit.ts';

const user = (text: string): LanguageModelV4Prompt[number] => ({
  role: 'user',
  content: [{ type: 'text', text }],
});

function result(text: string): LanguageModelV4Prompt {
  return [
    { role: 'assistant', content: [{ type: 'tool-call', toolCallId: '1', toolName: 'read', input: {} }] },
    {
      role: 'tool',
      content: [
        { type: 'tool-result', toolCallId: '1', toolName: 'read', output: { type: 'text', value: text } },
      ],
    },
  ];
}

const size = (prompt: LanguageModelV4Prompt): number => JSON.stringify(prompt).length / 3.6;

test('what fits is sent as it is', () => {
  const prompt = [user('hello'), ...result('a file')];
  expect(fitPrompt(prompt, 1000)).toEqual({ prompt, leftOut: [] });
});

test('a message that is too large loses its middle, and it says so', () => {
  const { prompt, leftOut } = fitPrompt([user(`Begin ${'x'.repeat(40_000)} what is this?`)], 2000);
  expect(size(prompt)).toBeLessThan(2000);
  expect(leftOut).toEqual([{ what: 'message', chars: expect.any(Number) }]);
  const text = JSON.stringify(prompt);
  expect(text).toMatch(/Begin .*characters are left out here.*what is this\?/);
});

test('results of earlier questions give way first, and nobody has to be told', () => {
  const prompt = [user('one'), ...result('old '.repeat(5000)), user('two'), ...result('new '.repeat(500))];
  const fitted = fitPrompt(prompt, 2000);
  expect(fitted.leftOut).toEqual([]);
  expect(size(fitted.prompt)).toBeLessThan(2000);
  expect(JSON.stringify(fitted.prompt)).toContain('new '.repeat(500));
});

test('of what was read for this question the largest is cut', () => {
  const prompt = [user('what stands there?'), ...result('y'.repeat(50_000)), ...result('short')];
  const { prompt: fitted, leftOut } = fitPrompt(prompt, 3000);
  expect(size(fitted)).toBeLessThan(3000);
  expect(leftOut).toEqual([{ what: 'tool result', chars: expect.any(Number) }]);
  expect(JSON.stringify(fitted)).toContain('short');
});
