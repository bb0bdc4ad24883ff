/** Streaming by edits in one message: on a Bot API server that does not know drafts, and as groups have it. */
import { BOT_NAME } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ALICE, GROUP, openTelegramWorld, type TelegramWorld } from '../../testing/telegram-world.ts';

const TOO_MANY = {
  how: 'refuse',
  code: 429,
  description: 'Too Many Requests: retry after 1',
  retryAfter: 1,
} as const;
const BY_EDITS = { drafts: false };

async function trouble(world: TelegramWorld): Promise<{ state: string; error?: string }[]> {
  return (await world.gateway.call('GET', '/api/channels')).body.trouble;
}

async function streaming(world: TelegramWorld): Promise<void> {
  await until('the first words', () => world.texts().some((text) => text.startsWith('You said:')));
}

test('a server that does not know drafts is asked once a connection', async () => {
  const world = await openTelegramWorld(BY_EDITS);
  for (const name of ['one', 'two']) {
    world.say(`${name} tokens=20 interval=60ms`);
    await world.reply((text) => text.startsWith(`You said: ${name}`) && text.endsWith('word19'));
  }
  expect(world.telegram.calls('sendMessageDraft')).toHaveLength(1);
  expect(world.telegram.replies(ALICE.id).map(({ versions }) => versions.length > 1)).toEqual([true, true]);
  expect((await world.gateway.call('GET', '/api/channels')).body.items[0]).toMatchObject({ state: 'up' });
  await world.restart();
  await until('the connection', () => world.telegram.polling());
  world.say('three tokens=20 interval=60ms');
  await world.reply((text) => text.startsWith('You said: three') && text.endsWith('word19'));
  expect(world.telegram.calls('sendMessageDraft')).toHaveLength(2);
});

test('a chat in which drafts are refused streams by edits, and no other does', async () => {
  const world = await openTelegramWorld();
  const description = 'Bad Request: TEXTDRAFT_PEER_INVALID';
  world.telegram.faults.plan('sendMessageDraft', { how: 'refuse', code: 400, description });
  world.say('tokens=20 interval=60ms');
  await world.reply((text) => text.endsWith('word19'));
  expect(world.telegram.replies(ALICE.id)).toHaveLength(1);
  expect(world.telegram.replies(ALICE.id)[0]?.versions.length).toBeGreaterThan(1);
  expect(world.telegram.calls('sendMessageDraft')).toHaveLength(1);
});

test('a group has no drafts: the answer streams into one message there', async () => {
  const world = await openTelegramWorld();
  await world.gateway.call('POST', `/api/channels/telegram:group:${GROUP}/allow`, { body: {} });
  const text = `@${BOT_NAME} tokens=100 interval=60ms`;
  const entities = [{ type: 'mention', offset: 0, length: BOT_NAME.length + 1 }];
  world.telegram.say({ chat: GROUP, from: ALICE, text, entities });
  await world.reply((one) => one.endsWith('word99'), GROUP);
  expect(world.telegram.replies(GROUP)).toHaveLength(1);
  expect(world.telegram.replies(GROUP)[0]?.versions.length).toBeGreaterThan(1);
  expect(world.telegram.calls('sendMessageDraft')).toEqual([]);
});

test('an answer that takes its time streams into one message, with typing, and ends complete', async () => {
  const world = await openTelegramWorld(BY_EDITS);
  world.say('tokens=60 interval=50ms');
  await until('typing', () => world.telegram.calls('sendChatAction').length > 0);
  await world.reply((text) => text.endsWith('word59'));
  const replies = world.telegram.replies(ALICE.id);
  expect(replies).toHaveLength(1);
  const versions = replies[0]?.versions ?? [];
  expect(versions.length).toBeGreaterThan(2);
  expect(versions.length).toBeLessThan(8); // about one a second
  for (const version of versions) expect(replies[0]?.text.startsWith(version.slice(0, 30))).toBe(true);
});

test('tools are shown while they run, and gone from the answer', async () => {
  const world = await openTelegramWorld(BY_EDITS);
  world.say('tool=memory_append tool-ms=1500');
  await world.reply((text) => text.includes('⏳ Writing to memory…'));
  await world.reply((text) => text.startsWith('You said:'));
  expect(world.texts()).toHaveLength(1);
  expect(world.texts()[0]).not.toContain('⏳');
});

test('a message that has to wait says so at once, and its answer takes the place', async () => {
  const world = await openTelegramWorld(BY_EDITS);
  world.say('first tokens=40 interval=100ms');
  await until('the first to run', () => (world.gateway.agent?.stats().runs.length ?? 0) > 0);
  world.say('second');
  await world.reply((text) => text.includes('Queued, 1 message is ahead'));
  await world.reply((text) => text === 'You said: second');
  await until('the word about the queue to be gone', () => world.texts().length === 2);
  expect(world.texts().at(-1)).toBe('You said: second');
});

test('a stream that outgrows its message goes on in the next, and ends whole', async () => {
  const lines = Array.from({ length: 400 }, (_, index) => `line ${index} of a long answer\n\n`);
  const script = () => lines.map((text) => ({ do: 'text' as const, text, afterMs: 8 }));
  const world = await openTelegramWorld({ ...BY_EDITS, agent: { script } });
  world.say('slowly');
  await world.reply((text) => text.includes('line 399 '));
  await until('the answer to be settled', async () => {
    const { body } = await world.gateway.call('GET', '/api/channels');
    return body.items[0].waiting === 0;
  });
  const written = world
    .texts()
    .join('\n')
    .match(/line \d+ of a long answer/g);
  expect(written).toEqual(lines.map((line) => line.trim()));
});

test('429 on every edit to the last: the answer is complete in the end, in one message', async () => {
  const world = await openTelegramWorld(BY_EDITS);
  world.say('tokens=30 interval=60ms');
  await streaming(world);
  world.telegram.faults.plan('editMessageText', TOO_MANY, 2);
  await world.reply((text) => text.endsWith('word29'));
  expect(world.texts()).toHaveLength(1);
});

test('an edit that hangs is repeated, and the answer stands in its one message', async () => {
  const world = await openTelegramWorld(BY_EDITS);
  world.say('tokens=20 interval=60ms');
  await streaming(world);
  world.telegram.faults.plan('editMessageText', { how: 'hang', after: true }, 2);
  await world.reply((text) => text.endsWith('word19'));
  expect(world.texts()).toHaveLength(1);
  expect(await trouble(world)).toEqual([]);
});

test('the person deletes the message that is being written: the answer comes in a new one', async () => {
  const world = await openTelegramWorld(BY_EDITS);
  world.say('tokens=25 interval=60ms');
  await streaming(world);
  for (const message of world.telegram.replies(ALICE.id)) message.deleted = true;
  await world.reply((text) => text.endsWith('word24'));
  expect(world.texts()).toHaveLength(1);
});
