/** What the agent waits for beside other tools that run, and what it no longer waits for. */
import { systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import { until } from '@mobyclaw/testkit/until';
import { expect, it, onTestFinished } from 'vitest';
import { AnswerSender } from './answer-sender.ts';
import { sendJson, testServer } from './testing/server.ts';
import { Transport } from './transport.ts';
import { type Decision, MOVED_ON, type Wanted } from './wanted.ts';

const FORM: Wanted = { kind: 'form', message: 'Which colour?', schema: {}, elicitationId: 'e-1' };
const CALL: Wanted = { kind: 'tool', callId: 'c-1', tool: 'send', args: { a: 1, b: [2] } };

async function open() {
  const server = await testServer((_asked, response) => sendJson(response, 200, null));
  const transport = new Transport({ url: server.url, clock: systemClock });
  const asked: { wanted: Wanted; signal: AbortSignal; decide: (decision: Decision) => void }[] = [];
  const granted: string[] = [];
  const sender = new AnswerSender({
    transport,
    sessionId: 's-1',
    decide: (wanted, signal) => new Promise((decide) => asked.push({ wanted, signal, decide })),
    onGranted: (callId) => granted.push(callId),
    clock: systemClock,
    logger: silentLogger,
    timeoutMs: 5000,
  });
  onTestFinished(() => {
    sender.stop();
    transport.close();
  });
  const sent = () => server.asked.map(({ path, body }) => ({ path, ...JSON.parse(body) }));
  return { sender, asked, granted, sent };
}

it('goes on asking for a form while another tool runs beside it, and not once none runs that could have asked', async () => {
  const { sender, asked } = await open();
  sender.answer(FORM);
  sender.ended('another', true);
  sender.moved(true);
  expect(asked[0]?.signal.aborted).toBe(false);
  expect(sender.asking).toBe(true);
  sender.ended('its own', false);
  expect(asked[0]?.signal.reason).toBe(MOVED_ON);
  expect(sender.waiting).toBe(false);
});

it('is done with a form as soon as anything comes after it was answered', async () => {
  const { sender, asked, sent } = await open();
  sender.answer(FORM);
  asked[0]?.decide({ kind: 'form', action: 'accept', content: { answer: 'blue' } });
  await until('the answer', () => sent().length === 1);
  expect(sent()).toEqual([
    {
      path: '/api/sessions/s-1/elicitation',
      action: 'accept',
      content: { answer: 'blue' },
      elicitation_id: 'e-1',
    },
  ]);
  expect(sender.asking).toBe(false);
  sender.moved(true);
  expect(sender.waiting).toBe(false);
});

it('lets a call start that was granted, whatever the order of its arguments, and names it in its answer', async () => {
  const { sender, asked, granted, sent } = await open();
  sender.answer(CALL);
  asked[0]?.decide({ kind: 'tool', approve: true });
  await until('the answer', () => sent().length === 1);
  expect(sent()).toEqual([
    { path: '/api/sessions/s-1/resume', confirmation: 'approve', tool_call_id: 'c-1' },
  ]);
  expect(granted).toEqual(['c-1']);
  expect(sender.started('c-1', { tool: 'send', args: { b: [2], a: 1 } })).toBe(true);
  expect(sender.started('unasked', { tool: 'read', args: {} })).toBe(true); // it needed no confirmation
});

it('sends no answer that comes after the agent has moved on', async () => {
  const { sender, asked, granted, sent } = await open();
  sender.answer(CALL);
  sender.ended('c-1', false);
  asked[0]?.decide({ kind: 'tool', approve: true });
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent()).toEqual([]);
  expect(granted).toEqual([]);
  expect(sender.started('c-1', { tool: 'send', args: { a: 1, b: [2] } })).toBe(false);
});

it('cancels a login at once, without asking', async () => {
  const { sender, asked, sent } = await open();
  sender.answer({ kind: 'login', elicitationId: 'e-2' });
  await until('the answer', () => sent().length === 1);
  expect(sent()).toMatchObject([{ action: 'cancel', elicitation_id: 'e-2' }]);
  expect(asked).toEqual([]);
});
