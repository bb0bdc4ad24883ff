/** Reasoning that a model writes into its answer, as agents hand it on word for word. */
import type { Step } from '@mobyclaw/testkit/fake-agent/script';
import { expect, it } from 'vitest';
import { ask, pair, streamed } from './testing/client.ts';

async function said(steps: Step[]) {
  const { client } = await pair({ script: () => steps });
  const { outcome, events } = await ask(client, await client.createSession('t'), 'hello');
  const reasoning = events.map((event) => (event.type === 'reasoning' ? event.text : '')).join('');
  return { outcome, reasoning, streamed: streamed(events) };
}

const words = (...texts: string[]): Step[] => texts.map((text) => ({ do: 'text', text }));

it('is reasoning, wherever its tags are cut', async () => {
  expect(await said(words('<th', 'ink>Is it ', 'a test?</', 'think>', '\n\n', 'Hello', '!'))).toEqual({
    outcome: { kind: 'completed', text: 'Hello!', replaced: false, empty: false },
    reasoning: 'Is it a test?',
    streamed: 'Hello!',
  });
});

it('is looked for at the beginning of each message, and nowhere else', async () => {
  const tools: Step = { do: 'tools', calls: [{ name: 'memory_read' }] };
  const steps = [
    ...words('<thinking>a</thinking>One'),
    tools,
    ...words('<think>b</think>', 'Use <think> for it'),
  ];
  const { outcome, reasoning } = await said(steps);
  expect(outcome).toMatchObject({ text: 'One\n\nUse <think> for it', replaced: false });
  expect(reasoning).toBe('ab');
});

it('that is never closed leaves an empty answer; what only looked like a tag is the answer', async () => {
  expect((await said(words('<think>I go on and on'))).outcome).toMatchObject({ text: '', empty: true });
  expect((await said(words('<thi'))).outcome).toMatchObject({ text: '<thi' });
});

it('is no part of what is taken from the stored session after a silent retry', async () => {
  const { outcome } = await said([
    ...words('<think>a</think>The fir'),
    { do: 'wait', ms: 400 },
    { do: 'retry-silently' },
    ...words('<think>b</think>The first.'),
  ]);
  expect(outcome).toMatchObject({ text: 'The first.', replaced: true });
});
