import type { Wire } from '@mobyclaw/lib/model-routes';
import { expect, test } from 'vitest';
import { UsageReader } from './usage-reader.ts';

const STREAM = 'text/event-stream; charset=utf-8';
const data = (...events: unknown[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');

const ANTHROPIC = `event: message_start\n${data({ type: 'message_start', message: { usage: { input_tokens: 10, cache_read_input_tokens: 70, cache_creation_input_tokens: 20, output_tokens: 1 } } })}event: content_block_delta\n${data({ delta: { text: 'the "usage" of words' } })}event: message_delta\n${data({ type: 'message_delta', usage: { output_tokens: 42 } })}`;
const CHAT = `${data({ choices: [{ delta: { content: 'hi' } }], usage: null }, { choices: [], usage: { prompt_tokens: 120, completion_tokens: 12, prompt_tokens_details: { cached_tokens: 40 } } })}data: [DONE]\n\n`;
const RESPONSES = data(
  { type: 'response.output_text.delta', delta: 'usage' },
  {
    type: 'response.completed',
    response: { usage: { input_tokens: 33, input_tokens_details: { cached_tokens: 3 }, output_tokens: 4 } },
  },
);
const GOOGLE = data(
  { candidates: [{}], usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 1 } },
  {
    candidates: [{}],
    usageMetadata: {
      promptTokenCount: 9,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 6,
      cachedContentTokenCount: 2,
    },
  },
);

const cases: [string, Wire, string, object][] = [
  [
    'Anthropic',
    'anthropic',
    ANTHROPIC,
    { inputTokens: 100, outputTokens: 42, cachedTokens: 70, cacheWriteTokens: 20 },
  ],
  ['chat completions', 'openai', CHAT, { inputTokens: 120, outputTokens: 12, cachedTokens: 40 }],
  ['responses', 'openai', RESPONSES, { inputTokens: 33, outputTokens: 4, cachedTokens: 3 }],
  ['Google', 'google', GOOGLE, { inputTokens: 9, outputTokens: 11, cachedTokens: 2 }],
];

test.each(cases)('%s as a stream, wherever it is cut into pieces', (_name, wire, text, usage) => {
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 7, 64, bytes.length]) {
    const reader = new UsageReader(wire, STREAM);
    for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size));
    expect(reader.usage).toEqual(usage);
  }
});

test('a stream that was cut has told what it had told', () => {
  const reader = new UsageReader('anthropic', STREAM);
  reader.write(Buffer.from(ANTHROPIC.slice(0, ANTHROPIC.indexOf('event: message_delta'))));
  expect(reader.usage).toMatchObject({ inputTokens: 100, outputTokens: 1 });
  expect(reader.events).toBe(2);
  expect(new UsageReader('openai', STREAM).usage).toBeNull();
});

test.each<[Wire, object, object]>([
  [
    'anthropic',
    { content: [{ text: 'x' }], usage: { input_tokens: 5, output_tokens: 6 } },
    { inputTokens: 5, outputTokens: 6 },
  ],
  [
    'openai',
    { choices: [], usage: { prompt_tokens: 7, completion_tokens: 8 } },
    { inputTokens: 7, outputTokens: 8 },
  ],
  [
    'openai',
    { output: [], usage: { input_tokens: 7, output_tokens: 9 } },
    { inputTokens: 7, outputTokens: 9 },
  ],
  [
    'google',
    { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 } },
    { inputTokens: 3, outputTokens: 4 },
  ],
])('%s in one piece', (wire, body, usage) => {
  const reader = new UsageReader(wire, 'application/json');
  const bytes = Buffer.from(JSON.stringify(body));
  for (let at = 0; at < bytes.length; at += 5) reader.write(bytes.subarray(at, at + 5));
  expect(reader.usage).toMatchObject(usage);
});

test('Google’s stream as a list of JSON', () => {
  const reader = new UsageReader('google', 'application/json');
  reader.write(
    Buffer.from(
      JSON.stringify([
        { usageMetadata: { promptTokenCount: 1 } },
        { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 } },
      ]),
    ),
  );
  expect(reader.usage).toMatchObject({ inputTokens: 3, outputTokens: 4 });
});
