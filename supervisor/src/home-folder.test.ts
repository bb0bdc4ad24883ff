import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '@mobyclaw/lib/start-error';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { prepareHome } from './home-folder.ts';

test.each(['work', 'engine', 'session.db', 'session.db-wal'])(
  'a link that the shell has put in the place of sessions/%s is named and not written through',
  async (name) => {
    const home = temporaryFolder();
    const outside = temporaryFolder();
    mkdirSync(join(home, 'sessions'));
    const link = join(home, 'sessions', name);
    symlinkSync(outside, link);
    await expect(prepareHome(home)).rejects.toThrow(StartError);
    await expect(prepareHome(home)).rejects.toThrow(`then remove it: rm '${link}'`);
    expect(readdirSync(outside)).toEqual([]);
    rmSync(link);
    expect((await prepareHome(home)).work).toBe(join(home, 'sessions/work'));
  },
);

test("the owner's own link for all of sessions/ is his", async () => {
  const home = temporaryFolder();
  const larger = temporaryFolder();
  symlinkSync(larger, join(home, 'sessions'));
  await prepareHome(home);
  expect(readdirSync(larger).toSorted()).toEqual(['engine', 'home', 'work']);
});

test('each folder has the place that an earlier version gave it, made once and private to the owner', async () => {
  const home = temporaryFolder();
  const folders = {
    home,
    run: join(home, 'run'),
    logs: join(home, 'logs'),
    sessions: join(home, 'sessions'), // session.db lies here: elsewhere Moby would know no conversation any more
    work: join(home, 'sessions/work'),
    engine: join(home, 'sessions/engine'),
    walledEngine: join(home, 'run/engine'),
    certificates: join(home, 'run/certificates'),
    insideHome: join(home, 'sessions/home'),
    published: join(home, 'agent/soul.yaml'),
  };
  expect(await prepareHome(home)).toEqual(folders);
  for (const name of ['run', 'logs', 'gateway', 'sessions', 'sessions/work', 'sessions/engine', 'agent']) {
    expect(statSync(join(home, name)).mode & 0o777).toBe(0o700);
  }
  writeFileSync(join(folders.sessions, 'session.db'), 'kept');
  expect(await prepareHome(home)).toEqual(folders);
  expect(readFileSync(join(folders.sessions, 'session.db'), 'utf8')).toBe('kept');
});
