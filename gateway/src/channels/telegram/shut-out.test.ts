import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ALICE, BOB, GROUP, openTelegramWorld, type TelegramWorld } from '../../testing/telegram-world.ts';

const SLOW = 'tokens=400 interval=25ms';

async function letIn(world: TelegramWorld): Promise<void> {
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'hi' });
  const answer = await world.reply((text) => text.includes('code is'), BOB.id);
  const code = /code is (\w{8})/.exec(answer)?.[1];
  await world.gateway.call('POST', `/api/pairings/${code}/approve`, { body: { role: 'guest' } });
  await world.reply((text) => text.startsWith('You are in'), BOB.id);
}

function prompts(world: TelegramWorld): string {
  return (world.gateway.agent?.stats().runs ?? []).map(({ prompt }) => prompt).join();
}

/** One message waits for its turn. */
async function queued(world: TelegramWorld): Promise<void> {
  await until('a message to wait', async () => {
    return (await world.gateway.call('GET', '/api/status')).body.turns.queued === 1;
  });
}

async function waiting(world: TelegramWorld): Promise<number> {
  return (await world.gateway.call('GET', '/api/channels')).body.items[0].waiting;
}

test('an owner whom the settings name is not taken back by a command that would change nothing', async () => {
  const world = await openTelegramWorld();
  const refused = await world.gateway.call('POST', `/api/pairings/telegram:${ALICE.id}/revoke`);
  expect(refused.status).toBe(409);
  expect(refused.body.detail).toContain('named in TELEGRAM_ALLOWED_USERS; remove it there and restart');
  world.say(`/revoke telegram:${ALICE.id}`);
  await world.reply((text) => text.includes('named in TELEGRAM_ALLOWED_USERS; remove it there'));
});

test('who is shut out is stopped: what runs, what waits, and what was still to be sent', async () => {
  const world = await openTelegramWorld();
  await letIn(world);
  world.telegram.say({ chat: BOB.id, from: BOB, text: `first ${SLOW}` });
  await until('the run', () => prompts(world).includes('first'));
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'second' });
  const session = `/api/sessions/telegram:dm:${BOB.id}/messages`;
  await queued(world);
  const away = { how: 'refuse', code: 429, description: 'Too Many Requests', retryAfter: 60 } as const;
  world.telegram.faults.plan('sendMessage', away, 5, BOB.id);
  const news = { channel: `telegram:dm:${BOB.id}`, text: 'the secret news' };
  await world.gateway.call('POST', '/api/deliver', { body: news });
  world.say(`/revoke telegram:${BOB.id}`);
  await world.reply((text) => text.includes('may not talk to me any more'));
  await until('the run to end', () => world.gateway.agent?.stats().running === 0);
  await until('nothing to wait', async () => (await waiting(world)) === 0);
  world.say('still there?');
  await world.reply((text) => text === 'You said: still there?');
  expect(prompts(world)).not.toContain('second');
  const said = JSON.stringify((await world.gateway.call('GET', session)).body);
  expect(said).toContain('second'); // in the history, where it was said
  expect(world.texts(BOB.id).join()).not.toMatch(/secret news|Queued|word399/);
});

test('a group that is closed is left at once, its topics too, and others go on', async () => {
  const world = await openTelegramWorld();
  await world.gateway.call('POST', `/api/channels/telegram:group:${GROUP}/allow`, {
    body: { mention: false },
  });
  world.telegram.say({ chat: GROUP, from: BOB, text: `seven ${SLOW}`, topic: 7 });
  world.telegram.say({ chat: GROUP, from: BOB, text: `main ${SLOW}` });
  world.say(`mine tokens=60 interval=30ms`);
  await until('all to run', () => ['seven', 'main', 'mine'].every((word) => prompts(world).includes(word)));
  world.telegram.say({ chat: GROUP, from: BOB, text: 'comes next' });
  await queued(world);
  world.telegram.say({ chat: GROUP, from: ALICE, text: '/allow off' });
  await world.reply((text) => text === 'I leave this group alone from now on.', GROUP);
  await until('the runs to end', () => (world.gateway.agent?.stats().running ?? 0) <= 1);
  await world.reply((text) => text.endsWith('word59'));
  expect(prompts(world)).not.toContain('comes next');
  await until('nothing to look unfinished', () => !/Queued|⏳/.test(world.texts(GROUP).join()));
  expect(world.texts(GROUP).join()).not.toContain('word399');
  world.telegram.say({ chat: GROUP, from: ALICE, text: '/allow off' });
  await world.reply((text) => text === 'I did not talk here.', GROUP);
});
