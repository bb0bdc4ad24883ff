import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, it } from 'vitest';
import { SessionStore } from './session-store.ts';

const now = new Date('2026-01-01T00:00:00Z');
const fresh = { workingDir: null, toolsApproved: true, permissions: { allow: ['*'] }, now };

it('keeps sessions and messages across a restart', () => {
  const path = join(temporaryFolder(), 'deep', 'session.db');
  const first = new SessionStore(path);
  const { id } = first.create(fresh);
  first.setTitle(id, 'cli:main');
  first.put(id, 0, { agentName: '', message: { role: 'user', content: 'hi' } });
  first.put(id, 1, { agentName: 'root', message: { role: 'assistant', content: 'hel' } });
  first.put(id, 1, { agentName: 'root', message: { role: 'assistant', content: 'hello' } });
  first.setUsage(id, 120, 12);
  first.close();

  const second = new SessionStore(path);
  expect(second.stored(id)).toMatchObject({
    title: 'cli:main',
    tools_approved: true,
    permissions: { allow: ['*'] },
    input_tokens: 120,
    messages: [{ message: { content: 'hi' } }, { message: { content: 'hello' } }],
  });
  expect(second.nextPosition(id)).toBe(2);
  expect(second.list()).toMatchObject([{ id, num_messages: 2 }]);
  second.close();
});

it('does not bring a deleted session back by a late write', () => {
  const store = new SessionStore(join(temporaryFolder(), 'session.db'));
  const { id } = store.create(fresh);
  expect(store.delete(id)).toBe(true);
  store.put(id, 0, { message: { role: 'user', content: 'late' } });
  expect(store.get(id)).toBeNull();
  expect(store.messages(id)).toEqual([]);
  expect(store.delete(id)).toBe(false);
  store.close();
});

it('refuses the database of another program, of a newer version, and what is no database', () => {
  const folder = temporaryFolder();
  const foreign = join(folder, 'foreign.db');
  const database = new DatabaseSync(foreign);
  database.exec('CREATE TABLE sessions (x)');
  database.close();
  expect(() => new SessionStore(foreign)).toThrow(/not a session database of this agent/);

  const newer = join(folder, 'newer.db');
  new SessionStore(newer).close();
  const later = new DatabaseSync(newer);
  later.exec('PRAGMA user_version = 99');
  later.close();
  expect(() => new SessionStore(newer)).toThrow(/newer version/);

  const text = join(folder, 'text.db');
  writeFileSync(text, 'this is no database at all, but long enough to look at '.repeat(30));
  expect(() => new SessionStore(text)).toThrow(/not a database/);
});

describe('the room of deleted sessions', () => {
  const session = { workingDir: null, toolsApproved: true, permissions: null, now: new Date(0) };
  const long = { agentName: 'root', message: { role: 'tool' as const, content: 'x'.repeat(100_000) } };

  function fill(store: SessionStore, sessions: number): string[] {
    return Array.from({ length: sessions }, () => {
      const { id } = store.create(session);
      for (let at = 0; at < 20; at++) store.put(id, at, long);
      return id;
    });
  }

  it('is given back to the disk', async () => {
    const path = join(temporaryFolder(), 'session.db');
    const store = new SessionStore(path);
    const [kept = '', ...others] = fill(store, 10);
    for (const id of others) store.delete(id);
    await until('a smaller file', () => statSync(path).size < 4_000_000);
    expect(store.messages(kept)).toHaveLength(20);
    store.close();
  });

  it('is given back from a file of an older version, which let it grow', async () => {
    const path = join(temporaryFolder(), 'session.db');
    const old = new DatabaseSync(path);
    old.exec(OLD_SCHEMA);
    old.exec(
      `INSERT INTO sessions (id, title, tools_approved, created_at) VALUES ('a', '', 1, 't'), ('b', '', 1, 't')`,
    );
    const insert = old.prepare('INSERT INTO messages VALUES (?, ?, ?)');
    for (let at = 0; at < 100; at++) {
      insert.run('a', at, JSON.stringify(long));
      insert.run('b', at, JSON.stringify(long));
    }
    old.close();
    expect(statSync(path).size).toBeGreaterThan(20_000_000);
    const now = new SessionStore(path);
    expect(now.messages('b')).toHaveLength(100);
    now.delete('a');
    await until('a smaller file', () => statSync(path).size < 12_000_000);
    expect(now.messages('b')).toHaveLength(100);
    now.close();
  });
});

/** As 0.1.0 made it. */
const OLD_SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    working_dir TEXT,
    tools_approved INTEGER NOT NULL,
    permissions TEXT,
    todos TEXT NOT NULL DEFAULT '[]',
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE messages (
    session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (session_id, position)
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${0x4d6f6279};
  PRAGMA user_version = 1;
`;

it('is private under any umask, also where a version before made it readable', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'session.db');
  const modes = () =>
    readdirSync(folder)
      .toSorted()
      .map((name) => `${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`);
  const umask = process.umask(0);
  try {
    const first = new SessionStore(path);
    first.create(fresh);
    const private_ = ['session.db 600', 'session.db-shm 600', 'session.db-wal 600'];
    expect(modes()).toEqual(private_);
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
    const second = new SessionStore(path); // the first as a killed process leaves it, its companions in place
    expect(modes()).toEqual(private_);
    expect(second.list()).toHaveLength(1);
    second.close();
    first.close();
  } finally {
    process.umask(umask);
  }
});
