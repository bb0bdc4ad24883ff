/** Guests' schedules, attacked: a real gateway and Telegram library, and a model that does what a guest's text says. */
import type { Script } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { callMcp, connectMcp } from '@mobyclaw/testkit/mcp-client';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ALICE, BOB, GROUP, openTelegramWorld, type TelegramWorld } from '../testing/telegram-world.ts';

const TOKEN = 'the-token-that-the-agent-shows';
const GROUP_CHAT = `telegram:group:${GROUP}`;

/** A prompt `call <tool> <JSON>` makes the model call that tool and say what came back; `dawdle` makes it begin and not end. */
async function openObedient(): Promise<TelegramWorld> {
  let port = 0;
  const call = async (headers: Record<string, string>, tool: string, input: string): Promise<string> => {
    const client = await connectMcp(`http://127.0.0.1:${port}`, TOKEN, undefined, headers);
    try {
      return (await callMcp(client, tool, JSON.parse(input))).text;
    } finally {
      await client.close();
    }
  };
  const world = await openTelegramWorld({
    env: { MOBYCLAW_MCP_TOKEN: TOKEN },
    agent: {
      script({ text, headers }): Script | undefined {
        const [, name, input = ''] = /^call (\w+) (\{.*\})$/s.exec(text) ?? [];
        if (text === 'dawdle') return [{ do: 'text', text: 'It' }, { do: 'silence' }];
        if (name === undefined) return undefined;
        let said = '';
        const act = async (): Promise<string> => {
          said = await call(headers, name, input);
          return said;
        };
        return (function* () {
          yield { do: 'tools', calls: [{ name, act }] };
          yield { do: 'text', text: said };
        })();
      },
    },
  });
  port = world.gateway.port;
  return world;
}

async function letIn(world: TelegramWorld): Promise<void> {
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'let me in' });
  await world.reply((text) => text.includes('code'), BOB.id);
  const { body } = await world.gateway.call('GET', '/api/pairings');
  await world.gateway.call('POST', `/api/pairings/${body.pending[0].code}/approve`, { body: {} });
  await world.reply((text) => text.startsWith('You are in'), BOB.id);
}

/** @returns what the model says about it */
async function schedule(
  world: TelegramWorld,
  who: typeof BOB,
  job: { name: string; [field: string]: unknown },
  chat = who.id,
): Promise<string> {
  const text = `call schedule_create ${JSON.stringify(job)}`;
  const before = world.texts(chat).length;
  world.telegram.say({ chat, from: who, text });
  return until('the answer', () => world.texts(chat)[before]);
}

async function jobs({ gateway }: TelegramWorld) {
  return (await gateway.call('GET', '/api/jobs?all=true')).body.items as {
    id: string;
    name: string;
    state: string;
    nextRun?: string;
    guest?: boolean;
  }[];
}

async function states(world: TelegramWorld): Promise<Record<string, string>> {
  return Object.fromEntries((await jobs(world)).map(({ name, state }) => [name, state]));
}

/** The model is at work on it. */
async function works(world: TelegramWorld, prompt: string): Promise<void> {
  await until('the prompt', () =>
    world.gateway.agent?.stats().runs.some((run) => run.prompt.endsWith(prompt)),
  );
}

test('what a revoked guest had scheduled ends: what is to come, what runs, what is to be sent', async () => {
  const world = await openObedient();
  await letIn(world);
  const soon = { every: '1s', count: 1 };
  await schedule(world, BOB, { name: 'hourly', every: '1h', prompt: 'spy on her' });
  await schedule(world, BOB, { name: 'once', at: '2100-01-01T09:00', message: 'boo' });
  await schedule(world, BOB, { name: 'now', ...soon, prompt: 'dawdle' });
  await schedule(world, ALICE, { name: 'hers', every: '1h', prompt: 'look' });
  await works(world, 'dawdle');
  world.say(`/revoke telegram:${BOB.id}`);
  const answer = await world.reply((text) => text.includes('may not talk'));
  expect(answer).toContain('What they had asked is stopped. 2 schedules are paused by that.');
  expect(await states(world)).toEqual({ hourly: 'paused', once: 'paused', now: 'finished', hers: 'active' });
  const run = (await jobs(world)).find(({ name }) => name === 'now')?.id;
  const { items } = (await world.gateway.call('GET', `/api/jobs/${run}/runs`)).body;
  expect(items).toMatchObject([{ state: 'ended', outcome: 'cancelled', delivery: { state: 'none' } }]);
  await until('the end of the run', () => world.gateway.agent?.stats().runs.every(({ end }) => end !== null));
  expect(world.gateway.agent?.stats().runs.at(-1)?.end).toBe('cancelled');
  const hourly = (await jobs(world)).find(({ name }) => name === 'hourly');
  expect(hourly?.nextRun).toBeUndefined();
});

test('closing a group pauses what guests asked for in it and what goes to it, and nothing else', async () => {
  const world = await openObedient();
  await world.gateway.call('POST', `/api/channels/${GROUP_CHAT}/allow`, { body: { mention: false } });
  await schedule(world, BOB, { name: 'his', every: '1h', prompt: 'look' }, GROUP);
  await schedule(world, ALICE, { name: 'hers, here', every: '1h', message: 'x' }, GROUP);
  await schedule(world, ALICE, { name: 'hers, at home', every: '1h', message: 'x' });
  world.telegram.say({ chat: GROUP, from: ALICE, text: '/allow off' });
  await world.reply((text) => text.includes('2 schedules are paused'), GROUP);
  expect(await states(world)).toEqual({ his: 'paused', 'hers, here': 'paused', 'hers, at home': 'active' });
});

test('a guest’s schedule runs as a guest’s, says so, and makes no further ones', async () => {
  const world = await openObedient();
  await letIn(world);
  const create = JSON.stringify({ name: 'more', at: '2100-01-01T09:00', message: 'x' });
  const prompt = `call schedule_create ${create}`;
  await schedule(world, BOB, { name: 'seed', every: '1s', count: 1, prompt });
  await world.reply((text) => text.includes('cannot make further ones'), BOB.id);
  const asked = world.gateway.agent?.stats().runs.at(-1)?.prompt;
  expect(asked).toContain('A guest asked for it, not the owner.');
  expect((await jobs(world)).map(({ name }) => name)).toEqual(['seed']);
});

test('a guest has five schedules in a conversation, every 15 minutes at most', async () => {
  const world = await openObedient();
  await letIn(world);
  for (const often of [{ every: '14m' }, { cron: '*/10 * * * *' }, { cron: '0,50 9,10 1 * *' }]) {
    const answer = await schedule(world, BOB, { name: 'often', message: 'x', ...often });
    expect(answer).toContain('every 15 minutes at most');
  }
  for (let index = 1; index <= 5; index++) {
    const job = {
      name: `job ${index}`,
      message: 'x',
      ...(index === 1 ? { cron: '*/15 * * * *' } : { every: '15m' }),
    };
    expect(await schedule(world, BOB, job)).toContain('goes to');
  }
  expect(await schedule(world, BOB, { name: 'sixth', at: '2100-01-01T09:00', message: 'x' })).toContain(
    '5 schedules',
  );
  const [first] = await jobs(world);
  const before = world.texts(BOB.id).length;
  const faster = JSON.stringify({ id: first?.id, every: '1m' });
  world.telegram.say({ chat: BOB.id, from: BOB, text: `call schedule_update ${faster}` });
  expect(await until('the answer', () => world.texts(BOB.id)[before])).toContain('every 15 minutes at most');
  expect(await jobs(world)).toHaveLength(5);
  expect(await schedule(world, ALICE, { name: 'hers', every: '10m', message: 'x' })).toContain('hers');
});

test('a prompt every second is for nobody', async () => {
  const world = await openObedient();
  expect(await schedule(world, ALICE, { name: 'loop', every: '1s', prompt: 'again' })).toContain(
    'once a minute at most',
  );
  const body = { name: 'loop', every: '59s', prompt: 'again' };
  expect((await world.gateway.call('POST', '/api/jobs', { body })).status).toBe(422);
  expect((await world.gateway.call('POST', '/api/jobs', { body: { ...body, every: '1m' } })).status).toBe(
    201,
  );
  const [{ id } = { id: '' }] = await jobs(world);
  expect((await world.gateway.call('PATCH', `/api/jobs/${id}`, { body: { every: '30s' } })).status).toBe(422);
});
