import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { CHAT_COLUMNS, CHAT_FIELDS, ChatNames } from './chat-names.ts';
import { Database } from './database.ts';

const OLD = 'telegram:group:-7';
const NEW = 'telegram:group:-1007';

/** Text in which no chat is named, or one that has to stay as it was written. */
const OTHERS: Record<string, string> = {
  sessions: 'agent agent_session queue_mode title context_model context_source voice model',
  turns:
    'id source sender prompt attachments queue_mode state lease answer error_code error_message model merged_into deliver_reply_to notes model_wanted',
  inbox: 'key turn body_hash', // keys keep the name they came with
  events: 'type data',
  messages: 'turn role text sent_by',
  tokens: 'id name scope hash',
  jobs: 'id ended notice',
  job_runs: 'id job key trigger state outcome detail turn text usage delivery delivery_error',
  heartbeat: 'seen told',
  beats: 'trigger state outcome detail seen turn text usage why',
  arrivals: 'key',
  people: 'platform user name role',
  spoken_answers: 'turn delivery reply_to',
  push_subscriptions: 'id endpoint p256dh auth login',
  pairings: 'code platform user name',
  closed_groups: 'title',
  channel_memory: 'platform name value',
  deliveries: 'id reply_to turn kind question button_key text files state',
  delivery_parts: 'action part message nonce state error',
  left_agent_sessions: 'id',
  live_messages: 'turn message shown nonce',
  turn_pieces: 'turn key before text',
  hooks: 'name proof secret template events session',
  hook_deliveries: 'hook delivery turn event',
  budget_notices: 'key text',
  owner_notices: 'key',
  renamed_chats: 'channel',
  guest_turns: 'day',
  questions:
    'id kind state turn asker source calls subject title text details options input fallback answer outcome',
  question_uses: 'question turn subject',
  learned_windows: 'model',
  compactions: 'why state wish agent_session agent flush summary reason',
  summaries: 'text',
};

function open(): { db: Database; names: ChatNames } {
  const db = new Database(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => db.close());
  return { db, names: new ChatNames(db) };
}

function rename(names: ChatNames, from = OLD, to = NEW, newMessages = false): boolean {
  return names.rename({ from, to, newMessages, at: 1 });
}

test('every column with text is known to name a chat, and is renamed, or is known to name none', () => {
  const { db } = open();
  const tables = db
    .sql(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
    .all()
    .map((row) => String(row.name));
  const columns = tables.flatMap((table) =>
    db
      .sql(`SELECT name FROM pragma_table_info('${table}') WHERE type = 'TEXT'`)
      .all()
      .map((row) => `${table}.${row.name}`),
  );
  const others = Object.entries(OTHERS).flatMap(([table, names]) =>
    names.split(' ').map((name) => `${table}.${name}`),
  );
  const named = [...CHAT_COLUMNS, ...CHAT_FIELDS].map(([table, column]) => `${table}.${column}`);
  expect(columns.toSorted()).toEqual([...new Set([...named, ...others])].toSorted());
});

test.each(CHAT_COLUMNS)('%s.%s follows, with the topics of the group', (table, column) => {
  const { db, names } = open();
  const needed = db
    .sql(
      `SELECT name FROM pragma_table_info('${table}') WHERE name = ? OR ("notnull" AND dflt_value IS NULL)`,
    )
    .all(column)
    .map(({ name }) => String(name));
  const insert = `INSERT INTO ${table} (${needed.join(', ')}) VALUES (${needed.map(() => '?').join(', ')})`;
  let count = 0;
  for (const key of [OLD, `${OLD}:topic:3`, `${OLD}7`]) {
    db.sql(insert).run(...needed.map((name) => (name === column ? key : ++count)));
  }
  expect(rename(names)).toBe(true);
  const rows = db.sql(`SELECT ${column} AS key FROM ${table}`).all();
  const keys = new Set(rows.map(({ key }) => key));
  expect(keys).toEqual(new Set([NEW, `${NEW}:topic:3`, `${OLD}7`]));
  expect(names.current(`${OLD}:topic:9`)).toBe(`${NEW}:topic:9`);
  expect(names.current(`${OLD}7`)).toBe(`${OLD}7`);
});

test('of two conversations the one that was used last goes on, and what was decided under the new name stands', () => {
  const { db, names } = open();
  const session = db.sql(
    'INSERT INTO sessions (key, agent_session, created_at, last_active_at) VALUES (?, ?, 0, ?)',
  );
  session.run(OLD, 'long', 9);
  session.run(NEW, 'short', 5);
  session.run(`${OLD}:topic:3`, 'before', 1);
  session.run(`${NEW}:topic:3`, 'after', 2);
  const group = db.sql('INSERT INTO allowed_groups (channel, mention, allowed_at) VALUES (?, ?, 0)');
  group.run(OLD, 0);
  group.run(NEW, 1);
  db.sql('INSERT INTO closed_groups (channel, title, asked_at) VALUES (?, ?, 0)').run(NEW, 'Family');
  rename(names);
  expect(db.sql('SELECT key, agent_session AS id FROM sessions ORDER BY key').all()).toEqual([
    { key: NEW, id: 'long' },
    { key: `${NEW}:topic:3`, id: 'after' },
  ]);
  expect(db.sql('SELECT channel, mention FROM allowed_groups').all()).toEqual([{ channel: NEW, mention: 1 }]);
  expect(db.sql('SELECT * FROM closed_groups').all()).toEqual([]);
});

test('of a chat that nobody knows nothing is kept; names from before lead on, and a failed transaction to nothing', () => {
  const { db, names } = open();
  expect(rename(names)).toBe(false);
  expect(db.sql('SELECT * FROM renamed_chats').all()).toEqual([]);
  db.sql('INSERT INTO allowed_groups (channel, mention, allowed_at) VALUES (?, 1, 0)').run(OLD);
  rename(names);
  rename(names, NEW, 'telegram:group:-2');
  expect(names.current(OLD)).toBe('telegram:group:-2');
  rename(names, 'telegram:group:-2', OLD);
  expect([OLD, NEW, 'telegram:group:-2'].map((key) => names.current(key))).toEqual([OLD, OLD, OLD]);
  expect(() =>
    db.transaction('durable', () => {
      rename(names, OLD, 'telegram:group:-3');
      expect(names.current(OLD)).toBe('telegram:group:-3');
      throw new Error('on purpose');
    }),
  ).toThrow('on purpose');
  names.forget();
  expect(names.current(NEW)).toBe(OLD);
});

test('a person under two ids is one, with what was granted to either', () => {
  const { db, names } = open();
  const person = db.sql(
    `INSERT INTO people (platform, user, name, role, channel, last_seen_at) VALUES ('whatsapp', ?, 'X', ?, 'c', 0)`,
  );
  for (const [hidden, phone, before, after] of [
    ['1@lid', '1', 'owner', 'guest'],
    ['2@lid', '2', 'guest', null],
    ['3@lid', '3', 'guest', undefined],
    ['4@lid', '4', null, 'owner'],
  ] as const) {
    person.run(hidden, before);
    if (after !== undefined) person.run(phone, after);
    names.renameUser('whatsapp', hidden, phone, 1);
    expect(names.currentUser('whatsapp', hidden)).toBe(phone);
  }
  expect(db.sql('SELECT user, role FROM people ORDER BY user').all()).toEqual([
    { user: '1', role: 'owner' },
    { user: '2', role: 'guest' },
    { user: '3', role: 'guest' },
    { user: '4', role: 'owner' },
  ]);
});

test('a chat is known by its first name, through several and in its topics', () => {
  const { db, names } = open();
  db.sql(
    "INSERT INTO people (platform, user, name, role, channel, last_seen_at) VALUES ('telegram', '1', 'Bob', 'guest', ?, 1)",
  ).run(OLD);
  expect(names.first(NEW)).toBe(NEW);
  names.rename({ from: OLD, to: NEW, newMessages: false, at: 1 });
  names.rename({ from: NEW, to: 'telegram:group:-9', newMessages: false, at: 2 });
  expect(names.first('telegram:group:-9')).toBe(OLD);
  expect(names.first('telegram:group:-9:topic:4')).toBe(`${OLD}:topic:4`);
  expect(names.first('telegram:group:-90')).toBe('telegram:group:-90');
});
