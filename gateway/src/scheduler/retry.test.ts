/** A prompt of a schedule that failed after tools have acted is asked again: knowingly, and nothing is sent twice. */
import { type Clock, systemClock } from '@mobyclaw/lib/clock';
import type { Step } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { providerError } from '@mobyclaw/testkit/fake-agent/script';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ActingAgent, AGENT_TOKEN } from '../testing/acting-agent.ts';
import { failure, MINUTE, scheduleWorld } from '../testing/schedule-setup.ts';
import { ALICE, openTelegramWorld } from '../testing/telegram-world.ts';

const MILK = { channel: `telegram:dm:${ALICE.id}`, text: 'Milk is cheap.' };

/** Calls to the platform are given five real seconds. */
const TIMING = { holdSeconds: 2, marginMs: 300_000, callMs: 300_000 };

/** Sixty times as fast, for pauses of half a minute between attempts. */
function fastClock(): Clock {
  const begin = Date.now();
  return {
    now: () => begin + (Date.now() - begin) * 60,
    after: (ms, task) => systemClock.after(ms / 60, task),
  };
}

test('the second attempt knows which tools may have acted, and what it sends again is not sent twice', async () => {
  const turns = new Map<string, number>();
  const agent = new ActingAgent();
  const answers: string[] = [];
  const world = await openTelegramWorld({
    clock: fastClock(),
    timing: TIMING,
    env: { MOBYCLAW_MCP_TOKEN: AGENT_TOKEN },
    agent: {
      script: (prompt) => {
        const { text, turn, capability, seen } = prompt;
        if (!text.includes('Tell her')) return agent.script(prompt);
        turns.set(turn, turns.get(turn) ?? turns.size);
        const attempt = turns.get(turn) ?? 0;
        const act = async (): Promise<string> => {
          answers.push((await agent.send(capability, 'message_send', MILK)).text);
          return 'sent';
        };
        const tools: Step = { do: 'tools', calls: [{ name: 'message_send', act }] };
        if (attempt > 0) return [tools, { do: 'text', text: 'Done.' }];
        const fail: Step = { do: 'fail', error: providerError(503), code: 'model_error' };
        return seen === 0 ? [tools, fail] : [fail];
      },
    },
  });
  agent.port = world.gateway.port;
  world.say('tokens=1 hello');
  await world.reply((text) => text.includes('hello'));
  const made = await world.gateway.call('POST', '/api/jobs', {
    body: { name: 'milk', cron: '0 7 1 1 *', prompt: 'Tell her', session: 'fresh', channel: 'cli:main' },
  });
  const job = made.body.id;
  await world.gateway.call('POST', `/api/jobs/${job}/run`);
  const run = await until(
    'the run to end',
    async () => {
      const { body } = await world.gateway.call('GET', `/api/jobs/${job}/runs`);
      return body.items[0]?.state === 'ended' && body.items[0];
    },
    20_000,
  );
  expect(run).toMatchObject({ outcome: 'succeeded', attempt: 2 });
  const last = world.gateway.agent?.stats().runs.at(-1)?.prompt ?? '';
  expect(last).toContain('note: This was asked before, and the attempt failed');
  expect(last).toContain('may already have run: message_send.');
  expect(answers[0]).toContain('On its way');
  expect(answers.at(-1)).toContain('not sent again');
  await world.reply((text) => text === 'Milk is cheap.');
  expect(world.texts().filter((text) => text === 'Milk is cheap.')).toHaveLength(1);

  const later = agent.onMessage('once more', 'message_send', MILK);
  world.say('once more');
  expect((await later).text).toContain('On its way');
  await until('the second one', () => world.texts().filter((text) => text === 'Milk is cheap.').length === 2);
}, 60_000);

test('a fresh job begins anew with each run, and not with each attempt', async () => {
  const { world, pass } = scheduleWorld();
  let failures = 2;
  const { answer } = world;
  world.answer = (turn) => (failures-- > 0 ? failure(true) : answer(turn));
  const job = await world.create({ name: 'p', cron: '1 12 * * *', prompt: 'x', session: 'fresh' });
  await pass(10 * MINUTE);
  const key = `cron:${job.id}@2026-10-01T10:01:00.000Z`;
  expect([...world.turns.values()].map(({ prompt: { fresh, repeats } }) => ({ fresh, repeats }))).toEqual([
    { fresh: true, repeats: [] },
    { fresh: false, repeats: [key] },
    { fresh: false, repeats: [key, `${key}#2`] },
  ]);
});
