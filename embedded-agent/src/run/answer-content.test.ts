import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { expect, it } from 'vitest';
import { AnswerContent } from './answer-content.ts';

function messageOf(...parts: LanguageModelV4StreamPart[]) {
  const content = new AnswerContent();
  for (const part of parts) content.add(part);
  return content.message.content;
}

const signed = { anthropic: { signature: 'abc' } };
const call = { type: 'tool-call' as const, toolCallId: 'c1', toolName: 'think' };

it('keeps what the provider attached to thoughts and calls, in their order', () => {
  expect(
    messageOf(
      { type: 'reasoning-start', id: '0' },
      { type: 'reasoning-delta', id: '0', delta: 'Hm, ' },
      { type: 'reasoning-delta', id: '0', delta: 'well.' },
      { type: 'reasoning-delta', id: '0', delta: '', providerMetadata: signed },
      { type: 'reasoning-end', id: '0' },
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'Let me ' },
      { type: 'text-delta', id: '0', delta: 'see.' },
      { type: 'text-end', id: '0' },
      { ...call, input: '{"thought":"x"}', providerMetadata: { google: { thoughtSignature: 's' } } },
    ),
  ).toEqual([
    { type: 'reasoning', text: 'Hm, well.', providerOptions: signed },
    { type: 'text', text: 'Let me see.' },
    { ...call, input: { thought: 'x' }, providerOptions: { google: { thoughtSignature: 's' } } },
  ]);
});

it('begins a new text where an id comes again, and leaves out a text that stayed empty', () => {
  expect(
    messageOf(
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'one' },
      { type: 'text-end', id: '0' },
      { type: 'text-start', id: '1' },
      { type: 'text-end', id: '1' },
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'two' },
    ),
  ).toEqual([
    { type: 'text', text: 'one' },
    { type: 'text', text: 'two' },
  ]);
});

it.each([
  ['', {}],
  ['{"a":', { invalid: '{"a":' }],
  ['[1]', { invalid: '[1]' }],
])('gives back the arguments %j as an object, which is what providers take', (input, shown) => {
  expect(messageOf({ ...call, input })).toEqual([{ ...call, input: shown }]);
});
