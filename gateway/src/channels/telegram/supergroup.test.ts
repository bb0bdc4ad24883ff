/** A group becomes a supergroup: Telegram gives it another id, and messages that are counted from 1 again. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ALICE, BOB, GROUP, openTelegramWorld, type TelegramWorld } from '../../testing/telegram-world.ts';

const BEFORE = -7;
const OLD = `telegram:group:${BEFORE}`;
const NEW = `telegram:group:${GROUP}`;

/** What may keep the old name: keys of messages that came under it, what clients were told, the note of the change. */
const KEYS = ['arrivals.key', 'inbox.key', 'turn_pieces.key', 'events.data', 'renamed_chats.channel'];

async function openGroup(env: Record<string, string> = {}): Promise<TelegramWorld> {
  const world = await openTelegramWorld({ env });
  await world.gateway.call('POST', `/api/channels/${OLD}/allow`, { body: { mention: false } });
  return world;
}

function migrate({ telegram }: TelegramWorld, from = BEFORE, to = GROUP): void {
  const service = { message_id: 1, date: 1, from: ALICE };
  telegram.chats.migrated.set(from, to);
  telegram.chats.update({
    message: { ...service, chat: { id: from, type: 'group' }, migrate_to_chat_id: to },
  });
  telegram.chats.update({
    message: { ...service, chat: { id: to, type: 'supergroup' }, migrate_from_chat_id: from },
  });
}

async function create(world: TelegramWorld, job: object): Promise<string> {
  const { body } = await world.gateway.call('POST', '/api/jobs', {
    body: { at: '2100-01-01T09:00', ...job },
  });
  return body.id;
}

function runs({ gateway }: TelegramWorld) {
  return gateway.agent?.stats().runs ?? [];
}

/** Where in the database the old name still stands. */
async function leftovers(world: TelegramWorld): Promise<string[]> {
  await world.gateway.close(0);
  const db = new DatabaseSync(join(world.gateway.home, 'gateway/gateway.db'), { readOnly: true });
  const columns = db
    .prepare(
      `SELECT t.name AS "table", c.name AS "column" FROM sqlite_schema t JOIN pragma_table_info(t.name) c
       WHERE t.type = 'table'`,
    )
    .all() as { table: string; column: string }[];
  const found = columns.filter(({ table, column }) =>
    db.prepare(`SELECT 1 FROM ${table} WHERE instr(${column}, ?)`).get(OLD),
  );
  db.close();
  return found.map(({ table, column }) => `${table}.${column}`).filter((name) => !KEYS.includes(name));
}

test('all that names the group follows it: conversation, schedules, webhook, the owner’s chat, permission', async () => {
  const world = await openGroup({ MOBYCLAW_OWNER_CHANNEL: OLD });
  const { telegram, gateway } = world;
  telegram.say({ chat: BEFORE, from: BOB, text: 'we meet on Friday', more: { message_id: 900 } });
  await world.reply((text) => text === 'You said: we meet on Friday', BEFORE);
  telegram.say({ chat: BEFORE, from: BOB, text: 'in a topic', topic: 3 });
  await world.reply((text) => text === 'You said: in a topic', BEFORE);
  const named = await create(world, { name: 'named', message: 'Bring cake.', channel: OLD });
  const chosen = await create(world, { name: 'chosen', message: 'The owner hears.' });
  await gateway.call('POST', '/api/hooks', {
    body: { name: 'door', proof: 'bearer', template: 'ring', channel: OLD },
  });

  migrate(world);
  // The first group's message 900 is another one.
  telegram.say({ chat: GROUP, from: BOB, text: 'when do we meet?', more: { message_id: 900 } });
  await world.reply((text) => text === 'You said: when do we meet?', GROUP);
  telegram.say({ chat: GROUP, from: BOB, text: 'and here', topic: 3 });
  await world.reply((text) => text === 'You said: and here', GROUP);
  await gateway.call('POST', `/api/jobs/${named}/run`);
  await world.reply((text) => text === 'Bring cake.', GROUP);
  await gateway.call('POST', `/api/jobs/${chosen}/run`);
  await world.reply((text) => text === 'The owner hears.', GROUP);
  await gateway.call('POST', '/api/hooks/door/test', { body: { payload: {} } });
  await world.reply((text) => text.startsWith('You said: ring'), GROUP);
  // A name from before is still understood.
  await gateway.call('POST', '/api/deliver', { body: { channel: OLD, text: 'by its old name' } });
  await world.reply((text) => text === 'by its old name', GROUP);

  const [first, , third] = runs(world);
  expect(third?.session).toBe(first?.session);
  const { body } = await gateway.call('GET', `/api/sessions/${NEW}/messages`);
  expect(body.items.map(({ text }: { text: string }) => text)).toEqual(
    expect.arrayContaining(['we meet on Friday', 'when do we meet?', 'Bring cake.']),
  );
  const sessions = (await gateway.call('GET', '/api/sessions')).body.items;
  expect(sessions.map(({ key }: { key: string }) => key).toSorted()).toEqual(
    [NEW, `${NEW}:topic:3`, 'webhook:door'].toSorted(),
  );
  expect(world.texts()).toEqual([]);
  expect((await gateway.call('GET', '/api/channels')).body.trouble).toEqual([]);
  expect(await leftovers(world)).toEqual([]);
  await world.restart();
  telegram.say({ chat: GROUP, from: BOB, text: 'still here?' });
  await world.reply((text) => text === 'You said: still here?', GROUP);
});

test('a turn that runs meanwhile answers in the new group, once, and what waits behind it stays behind it', async () => {
  const world = await openGroup();
  const { telegram } = world;
  telegram.say({
    chat: BEFORE,
    from: BOB,
    text: 'a long one tokens=40 interval=60ms',
    more: { message_id: 5 },
  });
  await until('the beginning of the answer', () => world.texts(BEFORE).length > 0);
  telegram.say({ chat: BEFORE, from: BOB, text: 'second' });
  await until('it to have come', () => JSON.stringify(telegram.chats.confirmed).includes('"second"'));
  migrate(world);
  telegram.say({ chat: GROUP, from: BOB, text: 'third' });
  await world.reply((text) => text === 'You said: third', GROUP);
  const answers = world.texts(GROUP);
  expect(answers.map((text) => text.slice(0, 20))).toEqual([
    'You said: a long one',
    'You said: second',
    'You said: third',
  ]);
  expect(telegram.replies(GROUP).map(({ replyTo }) => replyTo)).toEqual([null, null, expect.any(Number)]);
  expect(new Set(runs(world).map(({ session }) => session)).size).toBe(1);
  expect((await world.gateway.call('GET', '/api/channels')).body.trouble).toEqual([]);
  expect(await leftovers(world)).toEqual([]);
});

test.each([400, 403])(
  'a send that is refused with the new id (%d) is made there, and all else follows',
  async (code) => {
    const world = await openGroup();
    const { telegram, gateway } = world;
    telegram.say({ chat: BEFORE, from: BOB, text: 'hello' });
    await world.reply((text) => text === 'You said: hello', BEFORE);
    const job = await create(world, { name: 'cake', message: 'Bring cake.', channel: OLD });
    const description = 'group chat was upgraded to a supergroup chat';
    telegram.faults.plan(
      '*',
      { how: 'refuse', code, description, migrateTo: GROUP },
      Number.POSITIVE_INFINITY,
      BEFORE,
    );
    await gateway.call('POST', `/api/jobs/${job}/run`);
    await world.reply((text) => text === 'Bring cake.', GROUP);
    const { body } = await gateway.call('GET', `/api/jobs/${job}`);
    expect(body.channel).toBe(NEW);
    telegram.say({ chat: GROUP, from: BOB, text: 'and now?' });
    await world.reply((text) => text === 'You said: and now?', GROUP);
    expect(runs(world)[1]?.session).toBe(runs(world)[0]?.session);
    expect(world.texts(GROUP)).toEqual(['Bring cake.', 'You said: and now?']);
    expect(await leftovers(world)).toEqual([]);
  },
);

test('of a group that nobody let Moby talk in nothing is kept when it becomes a supergroup', async () => {
  const world = await openTelegramWorld();
  migrate(world);
  world.say('after that');
  await world.reply((text) => text === 'You said: after that');
  await world.gateway.close(0);
  const db = new DatabaseSync(join(world.gateway.home, 'gateway/gateway.db'), { readOnly: true });
  expect(db.prepare('SELECT * FROM renamed_chats').all()).toEqual([]);
  db.close();
});
