/** How full the model is, from what engines report to where people see it. */
import type { Step } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { expect, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';

/** An answer after which the engine reports so many tokens. */
function answer(session: string, contextLength: number, contextLimit: number): Step[] {
  const figures = { input_tokens: contextLength - 10, output_tokens: 10, cost: 0 };
  const last_message = { input_tokens: contextLength - 10, output_tokens: 10, Cost: 0, Model: 'fake-1' };
  const usage = { ...figures, context_length: contextLength, context_limit: contextLimit, last_message };
  return [
    { do: 'text', text: 'ok' },
    { do: 'event', event: { type: 'message_added', session_id: session } },
    { do: 'event', event: { type: 'token_usage', session_id: session, usage } },
    { do: 'event', event: { type: 'stream_stopped', session_id: session } },
    { do: 'hang-up', how: 'eof' },
  ];
}

async function world(options: { limit: number; lengths: number[]; env?: Record<string, string> }) {
  const lengths = [...options.lengths];
  const script = ({ session }: { session: string }) => answer(session, lengths.shift() ?? 0, options.limit);
  const moby = await openHarness({ agent: { script }, ...(options.env ? { env: options.env } : {}) });
  const context = async () => (await moby.call('GET', '/api/sessions/api:default')).body.context;
  return { moby, context };
}

test('before the first answer nothing is known; after each one what the engine reports', async () => {
  const { moby, context } = await world({ limit: 8000, lengths: [2000, 5000] });
  await moby.ask('one');
  expect(await context()).toEqual({ tokens: 2000, window: 8000, share: 0.25, source: 'reported' });
  await moby.ask('two');
  expect(await context()).toMatchObject({ tokens: 5000, share: 0.625 });
  const { fullest } = (await moby.call('GET', '/api/status')).body;
  expect(fullest).toMatchObject({ session: 'api:default', tokens: 5000, window: 8000 });
  const metrics = (await moby.call('GET', '/metrics')).body;
  expect(metrics).toContain('mobyclaw_context_fullest_ratio 0.625');
});

test('a window that the owner names, where the engine does not know it', async () => {
  const { moby, context } = await world({
    limit: 0,
    lengths: [2000],
    env: { MOBYCLAW_CONTEXT_WINDOW: '4000' },
  });
  await moby.ask('one');
  expect(await context()).toEqual({ tokens: 2000, window: 4000, share: 0.5, source: 'named' });
});

test('a window of which nobody knows is an estimate, and said to be one', async () => {
  const { moby, context } = await world({ limit: 0, lengths: [3200] });
  await moby.ask('one');
  expect(await context()).toEqual({ tokens: 3200, window: 32_000, share: 0.1, source: 'estimated' });
});

test('a server that drops the head of the prompt without a word is found out', async () => {
  const { moby, context } = await world({
    limit: 0,
    lengths: [3000, 4000, 3100],
    env: { MOBYCLAW_COMPACT_AT: '90' },
  });
  for (const prompt of ['one', 'two', 'three']) await moby.ask(prompt);
  expect(await context()).toMatchObject({ window: 3990, source: 'learned' });
});
