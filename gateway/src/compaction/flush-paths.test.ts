/** Every way on which a conversation leaves the model's sight has a flush that is recorded: in whose name, what became of it, and why. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { factSentence, thoughtScript } from '@mobyclaw/testkit/remembering-model';
import { until } from '@mobyclaw/testkit/until';
import { expect, test, vi } from 'vitest';
import { ActingAgent } from '../testing/acting-agent.ts';
import { startMemoryServer } from '../testing/memory-server.ts';
import { type RememberingWorld, rememberingWorld } from '../testing/remembering-world.ts';
import { BOB, openTelegramWorld } from '../testing/telegram-world.ts';

vi.setConfig({ testTimeout: 120_000 }); // real processes on a busy machine

const FACT = factSentence('red boat', 'K7-4431');
const LONG = 'We talked about trees and ships and the weather at sea. '.repeat(12); // some 190 tokens

const last = ({ rows }: Pick<RememberingWorld, 'rows'>) =>
  rows('SELECT * FROM compactions ORDER BY id DESC LIMIT 1')[0];

/** More than a new agent session is told word for word. */
async function longTalk({ moby }: RememberingWorld): Promise<void> {
  await moby.ask(FACT);
  for (let turn = 0; turn < 8; turn++) await moby.ask(`${turn}: ${LONG}`);
}

test('the daily reset', async () => {
  const clock = new ManualClock(Date.now());
  const world = await rememberingWorld({ clock, env: { MOBYCLAW_RESET_DAILY: '04:00' } });
  await longTalk(world);
  await clock.advance(25 * 3_600_000);
  await world.moby.ask('good morning');
  await world.settled(clock);
  expect(last(world)).toMatchObject({ why: 'daily', state: 'done', flush: 'written', summarises: 1 });
  expect(world.memory()).toContain('K7-4431');
});

test('an agent session that was torn inside a tool', async () => {
  const running = Promise.withResolvers<void>();
  const ending = Promise.withResolvers<string>();
  const world = await rememberingWorld({
    before: ({ text }) =>
      text.startsWith('use the tool')
        ? [
            {
              do: 'tools',
              calls: [
                {
                  name: 'shell',
                  act: () => {
                    running.resolve();
                    return ending.promise;
                  },
                },
              ],
            },
          ]
        : undefined,
  });
  await longTalk(world);
  const { turn, stream } = await world.moby.start('use the tool');
  await running.promise;
  await world.moby.call('POST', `/api/turns/${turn}/cancel`);
  await stream.all();
  await world.moby.ask('hello');
  ending.resolve('too late');
  await world.settled();
  expect(last(world)).toMatchObject({ why: 'torn', state: 'done', flush: 'written', agent_session: null });
  expect(world.memory()).toContain('K7-4431');
});

test('while the budget is used up it waits with its reason, what was said is there, and it is made good', async () => {
  const clock = new ManualClock(Date.now());
  const world = await rememberingWorld({ clock, env: { MOBYCLAW_BUDGET_DAY_TOKENS: '600' } });
  expect((await world.moby.ask(FACT)).status).toBe(200); // the one that crosses the cap
  await world.moby.call('POST', '/api/sessions/api:default/reset', { body: { carry: false } });
  await until('the flush to be refused', () => last(world)?.state === 'failed');
  expect(last(world)).toMatchObject({ flush: 'failed', tries: 1, ended_at: null });
  expect(last(world)?.reason).toContain('tokens for today are spent');
  expect(world.memory()).not.toContain('K7-4431');
  const found = (await world.moby.call('GET', '/api/history/search?q=red+boat')).body.items;
  expect(JSON.stringify(found)).toContain('K7-4431');
  await world.moby.call('POST', '/api/usage/lift');
  await clock.advance(60_000);
  await world.settled(clock);
  expect(last(world)).toMatchObject({ state: 'done', flush: 'written', reason: null });
  expect(world.memory()).toContain('K7-4431');
});

test('a webhook’s conversation writes nothing down, and that is recorded', async () => {
  const world = await rememberingWorld({ agent: { agents: ['root', 'guest', 'webhook'] } });
  const hook = { name: 'h', proof: 'bearer', session: 'keep' };
  const { body } = await world.moby.call('POST', '/api/hooks', { body: hook });
  const headers = { authorization: `Bearer ${body.secret}`, 'content-type': 'text/plain' };
  const { body: begun } = await world.moby.call('POST', '/hooks/h', { raw: FACT, headers });
  expect((await world.moby.follow(begun.turn).all()).at(-1)?.type).toBe('done');
  const { status } = await world.moby.call('POST', '/api/sessions/webhook:h/reset', {
    body: { carry: false },
  });
  expect(status).toBeLessThan(300);
  await world.settled();
  expect(last(world)).toMatchObject({ session: 'webhook:h', state: 'done', flush: 'nothing', written: 0 });
  expect(world.memory()).not.toContain('K7-4431');
});

test('a guest’s words go to his notes, and not into the memory of the owner', async () => {
  const server = await startMemoryServer();
  const agent = new ActingAgent();
  agent.memory = server.url;
  const { gateway, telegram, reply } = await openTelegramWorld({
    home: server.home,
    env: server.env,
    agent: {
      agents: ['root', 'guest', 'webhook'],
      context: { limit: 6000, base: 500, reports: true },
      script: (prompt) =>
        thoughtScript(prompt, (capability, tool, input) => agent.send(capability, tool, input)),
    },
  });
  agent.port = gateway.port;
  telegram.say({ chat: BOB.id, from: BOB, text: 'hi' });
  const code = /code is ([A-Z2-9]{8})/.exec(await reply((text) => /code is/.test(text), BOB.id))?.[1];
  await gateway.call('POST', `/api/pairings/${code}/approve`, { body: {} });
  telegram.say({ chat: BOB.id, from: BOB, text: FACT });
  await reply((text) => text.includes('taken note'), BOB.id);
  const session = `telegram:dm:${BOB.id}`;
  await gateway.call('POST', `/api/sessions/${session}/reset`, { body: { carry: false } });
  const rows = (sql: string): Record<string, unknown>[] => {
    using db = new DatabaseSync(join(server.home, 'gateway/gateway.db'), { readOnly: true });
    return db.prepare(sql).all();
  };
  await until('the flush to end', () => last({ rows })?.state === 'done', 30_000);
  expect(last({ rows })).toMatchObject({ session, flush: 'written', written: 1 });
  const guests = join(server.home, 'memory/guests');
  const notes = readdirSync(guests).map((name) => readFileSync(join(guests, name), 'utf8'));
  expect(notes.join()).toContain('K7-4431');
  expect(readFileSync(join(server.home, 'MEMORY.md'), 'utf8')).not.toContain('K7-4431');
});
