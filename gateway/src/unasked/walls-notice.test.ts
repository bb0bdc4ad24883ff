import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { OWNER_NOTICES_SCHEMA } from '../store/migrations/031-owner-notices.ts';
import { MIGRATIONS } from '../store/migrations.ts';
import { Store } from '../store/store.ts';
import { tellOfWalls } from './walls-notice.ts';

/** A database of the version before, in use or not, opened by this one. */
function upgraded(wasUsed: boolean): Store {
  const path = join(temporaryFolder(), 'gateway.db');
  const before = new DatabaseSync(path);
  const steps = MIGRATIONS.slice(0, MIGRATIONS.indexOf(OWNER_NOTICES_SCHEMA));
  for (const step of steps) before.exec(step);
  before.exec(`PRAGMA user_version = ${steps.length}`);
  if (wasUsed)
    before.exec(
      `INSERT INTO sessions (key, created_at, last_active_at) VALUES ('cli:main', 0, 0);
       INSERT INTO turns (id, session, source, sender, prompt, state, created_at) VALUES ('t', 'cli:main', 'cli', 'owner', 'p', 'done', 0)`,
    );
  before.close();
  const store = new Store(path);
  onTestFinished(() => store.close());
  return store;
}

async function told(store: Store): Promise<string[]> {
  const texts: string[] = [];
  await tellOfWalls(store, async (text) => void texts.push(text));
  return texts;
}

test('an owner who was there before is told once what is closed and how it is opened', async () => {
  const store = upgraded(true);
  const [text, ...more] = await told(store);
  expect(more).toEqual([]);
  expect(text).toContain('`./mobyclaw egress allow HOST`');
  expect(text).toContain('`mode: open` in egress.yaml');
  expect(await told(store)).toEqual([]);
});

test('what could not be handed over is told at the next start', async () => {
  const store = upgraded(true);
  await expect(tellOfWalls(store, () => Promise.reject(new Error('no chat')))).rejects.toThrow('no chat');
  expect(await told(store)).toHaveLength(1);
});

test('on a new installation there is nothing to tell', async () => {
  expect(await told(upgraded(false))).toEqual([]);
});
