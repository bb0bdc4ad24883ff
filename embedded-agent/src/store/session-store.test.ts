import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, it } from 'vitest';
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
