import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { bundledDefaults, prepareDataFolder } from './data-folder.ts';

const defaults = bundledDefaults();

test('a new data folder is complete and private', async () => {
  const home = join(temporaryFolder(), 'deep', 'home');
  expect(await prepareDataFolder(home, defaults)).toContain('soul.yaml');
  expect(readdirSync(home).sort()).toEqual(
    [
      'HEARTBEAT.md',
      'MEMORY.md',
      'agent',
      'credentials.env',
      'egress.yaml',
      'logs',
      'memory',
      'sessions',
      'soul.yaml',
      'workspaces.conf',
    ].sort(),
  );
  expect(statSync(join(home, 'credentials.env')).mode & 0o777).toBe(0o600);
  expect(statSync(home).mode & 0o777).toBe(0o700);
});

test('what the owner has is never overwritten, and what he deleted does not come back', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'MEMORY.md'), 'mine');
  await prepareDataFolder(home, defaults);
  expect(readFileSync(join(home, 'MEMORY.md'), 'utf8')).toBe('mine');
  rmSync(join(home, 'HEARTBEAT.md'));
  rmSync(join(home, 'logs'), { recursive: true });
  expect(await prepareDataFolder(home, defaults)).toEqual([]);
  expect(existsSync(join(home, 'HEARTBEAT.md'))).toBe(false);
  expect(existsSync(join(home, 'logs'))).toBe(true);
});

test('the defaults name what to do where they are missing', () => {
  expect(() => bundledDefaults('/nowhere/at/all.js')).toThrow(/MOBYCLAW_DEFAULTS/);
});

test('a dead link that the agent has left in sessions/ does not keep the memory from starting', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'sessions'));
  symlinkSync('/nonexistent/place', join(home, 'sessions/work'));
  expect(await prepareDataFolder(home, defaults)).toContain('MEMORY.md');
});
