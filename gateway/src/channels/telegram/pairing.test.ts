import { expect, test } from 'vitest';
import { ALICE, BOB, MALLORY, openTelegramWorld, type TelegramWorld } from '../../testing/telegram-world.ts';

const ASKS = /wants to talk to me; the code is (\w{8})/;

/** Alice has written, and Bob asks. @returns the code as Alice is told it */
async function askedFor(world: TelegramWorld, person = BOB): Promise<string> {
  world.say('good morning');
  await world.reply((text) => text === 'You said: good morning');
  world.telegram.say({ chat: person.id, from: person, text: 'may I?' });
  return ASKS.exec(await world.reply((text) => ASKS.test(text)))?.[1] ?? '';
}

test('the owner hears who asks, lets them in with what stands there, and they are told', async () => {
  const world = await openTelegramWorld();
  const code = await askedFor(world);
  const notice = await world.reply((text) => ASKS.test(text));
  expect(notice).toContain(`Bob (telegram:${BOB.id})`);
  expect(notice).toContain(`/approve ${code}`);
  world.say(`/approve ${code}`);
  await world.reply((text) => text.startsWith('You are in.'), BOB.id);
  expect(world.texts(BOB.id)).toHaveLength(2); // the code, and that he is in
});

test('they are told as well when they are let in by the API, and it survives that Telegram is away', async () => {
  const world = await openTelegramWorld();
  const code = await askedFor(world);
  world.telegram.faults.plan('sendMessage', { how: 'status', status: 500 }, 1, BOB.id);
  await world.gateway.call('POST', `/api/pairings/${code}/approve`, { body: { role: 'owner' } });
  await world.restart();
  await world.reply((text) => text.startsWith('You are in as my owner.'), BOB.id);
});

test('the owner turns somebody away: they are silent, and the code lets in nobody else', async () => {
  const world = await openTelegramWorld();
  const code = await askedFor(world, MALLORY);
  world.say(`/reject ${code}`);
  await world.reply((text) => text.includes('hears nothing from me for a week'));
  world.say(`/reject ${code}`);
  await world.reply((text) => text.startsWith('No such code is waiting'));
  world.telegram.say({ chat: MALLORY.id, from: MALLORY, text: 'hello?' });
  world.say('and now');
  await world.reply((text) => text === 'You said: and now');
  expect(world.texts(MALLORY.id)).toHaveLength(1);
  expect((await world.gateway.call('GET', '/api/pairings')).body.pending).toEqual([]);
});

test('the API turns somebody away, and says so where no such code waits', async () => {
  const world = await openTelegramWorld();
  const code = await askedFor(world);
  expect((await world.gateway.call('POST', `/api/pairings/${code}/reject`)).status).toBe(204);
  const again = await world.gateway.call('POST', `/api/pairings/${code}/reject`);
  expect([again.status, again.body.detail]).toEqual([404, expect.stringContaining(code)]);
});

test('an owner who thinks better of it lets in whom he turned away', async () => {
  const world = await openTelegramWorld();
  const code = await askedFor(world);
  await world.gateway.call('POST', `/api/pairings/${code}/reject`);
  world.say(`/approve ${code}`);
  await world.reply((text) => text.startsWith('You are in.'), BOB.id);
  expect(world.texts(ALICE.id).at(-1)).toContain('may talk to me now, as guest');
});
