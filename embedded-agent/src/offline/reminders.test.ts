/** Reminders through the real loop, in front of schedule tools that answer as the gateway's do. */
import { startMcpServer, textResult } from '@mobyclaw/testkit/mcp-server';
import { expect, it, onTestFinished } from 'vitest';
import { ofType, startAgent, textOf } from '../testing/agent.ts';
import { cancelReminder, listReminders, remind } from './reminders.ts';
import { OFFLINE_NOTICE } from './reply.ts';

const NOW = 'Thursday 2026-01-15 12:00 GMT+5:30 (Asia/Kolkata), 2026-01-15T06:30:20.000Z';
const NEXT = '2026-01-16T09:00:00+05:30';

async function startGateway() {
  const jobs: Record<string, unknown>[] = [];
  const text = { type: 'string' };
  const described = () =>
    jobs.map(
      ({ id, name, message }) => `"${name}" (id ${id}), x in y, active\nmessage: ${message}\nnext: ${NEXT}`,
    );
  const server = await startMcpServer({
    now: {
      description: 'Time',
      inputSchema: { type: 'object', properties: {} },
      annotations: { readOnlyHint: true },
      call: () => textResult(NOW),
    },
    schedule_create: {
      description: 'Schedule',
      inputSchema: {
        type: 'object',
        properties: { name: text, message: text, at: text, every: text, cron: text },
        required: ['name'],
      },
      call: (args) => {
        if (String(args.message).startsWith('Fail'))
          return { ...textResult('at: it has passed'), isError: true };
        jobs.push({ id: `job-${jobs.length + 1}`, ...args });
        return textResult(described().at(-1) ?? '');
      },
    },
    schedule_list: {
      description: 'List',
      inputSchema: { type: 'object', properties: {} },
      annotations: { readOnlyHint: true },
      call: () => textResult(described().join('\n\n') || 'Nothing is scheduled.'),
    },
    schedule_cancel: {
      description: 'Cancel',
      inputSchema: { type: 'object', properties: { id: text }, required: ['id'] },
      call: ({ id }) => {
        const index = jobs.findIndex((job) => job.id === id);
        if (index >= 0) jobs.splice(index, 1);
        return textResult(`Cancelled ${id}.`);
      },
    },
  });
  onTestFinished(() => server.close());
  const agent = await startAgent(`version: "7"
agents:
  root:
    model: anthropic/claude-sonnet-4-5
    toolsets: [{ type: mcp, remote: { url: "${server.url}", transport_type: streamable } }]
permissions: { allow: ["*"] }
`);
  const ask = async (prompt: string) => {
    const events = await agent.run(await agent.newSession({}), prompt);
    expect(ofType(events, 'warning')).toEqual([]);
    return textOf(events).replace(`${OFFLINE_NOTICE}\n\n`, '');
  };
  return { ask, jobs };
}

it.each([
  [
    'remind me in 10 minutes to stretch',
    { message: 'Stretch.', name: 'stretch', at: '2026-01-15T06:40:20Z' },
  ],
  [
    'remind me tomorrow at 9 to call the bank',
    { message: 'Call the bank.', name: 'call the bank', at: '2026-01-16T09:00' },
  ],
  [
    'Please remind me to call my mom in the office at 17:30.',
    { message: 'Call your mom in the office.', name: 'call my mom in the office', at: '2026-01-15T17:30' },
  ],
  [
    'remind me every weekday at seven to go to the gym',
    { message: 'Go to the gym.', name: 'go to the gym', cron: '0 7 * * 1-5' },
  ],
])('%s', async (prompt, job) => {
  const { ask, jobs } = await startGateway();
  expect(await ask(prompt)).toBe(`I will remind you on 2026-01-16 at 09:00: ${job.message}`);
  expect(jobs).toEqual([{ id: 'job-1', ...job }]);
});

it('lists what is there, and cancels by words, by id, or the only one', async () => {
  const { ask, jobs } = await startGateway();
  expect(await ask('list reminders')).toBe('Nothing is scheduled.');
  expect(await ask('cancel reminder stretch')).toContain('nothing to cancel');
  for (const what of ['stretch', 'call the bank', 'call Bea'])
    await ask(`remind me in 10 minutes to ${what}`);
  expect(await ask('List my reminders')).toContain('"call the bank" (id job-2)');
  expect(await ask('cancel the call reminder')).toContain('- call the bank (job-2)\n- call Bea (job-3)');
  expect(await ask('cancel the reminder to call the bank')).toBe('It is cancelled: call the bank');
  expect(await ask('cancel reminder job-1')).toBe('It is cancelled: stretch');
  expect(jobs.map(({ name }) => name)).toEqual(['call Bea']);
  expect(await ask('cancel my reminder')).toBe('It is cancelled: call Bea');
});

it('says what it did not understand, and what the tool refused', async () => {
  const { ask, jobs } = await startGateway();
  expect(await ask('remind me on the day after to stretch')).toContain('do not understand the time');
  expect(await ask('remind me in 5 minutes to fail')).toBe('I could not set the reminder: at: it has passed');
  expect(jobs).toEqual([]);
});

it('says that a tool is missing where one of those that it takes is', () => {
  const tools = (...names: string[]) =>
    new Map(names.map((name) => [name, { type: 'function' as const, name, inputSchema: {} }]));
  const none = { text: expect.stringMatching(/^I have no tool for a schedule/) };
  const intent = { kind: 'remind', what: 'tea', when: 'in 5 minutes' } as const;
  for (const one of ['now', 'schedule_create']) expect(remind(intent, [], tools(one))).toEqual(none);
  for (const one of ['schedule_list', 'schedule_cancel'])
    expect(cancelReminder('tea', [], tools(one))).toEqual(none);
  expect(listReminders([], tools('schedule_cancel'))).toEqual(none);
  expect(remind(intent, [], tools('now', 'schedule_create'))).toEqual({ tool: 'now', input: {} });
});
