import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newMoby } from './moby.ts';

test('with nothing but Node: he remembers in one conversation and knows in another, through a restart', async () => {
  const moby = await newMoby();
  const up = await moby.cli(['up', '--local']);
  expect([up.code, up.stderr]).toEqual([0, expect.stringContaining('gateway')]);

  const told = await moby.cli(['run', 'Remember that my name is Alice']);
  expect(told.code).toBe(0);
  expect(told.stdout).toContain('Alice');
  expect(told.stdout).toContain('offline mode');
  expect(told.stderr).toContain('Writing to memory');
  expect(readFileSync(join(moby.home, 'MEMORY.md'), 'utf8')).toContain('Alice');

  expect((await moby.cli(['down'])).code).toBe(0);
  expect((await moby.cli(['up', '--local'])).code).toBe(0);
  const asked = await moby.cli(['run', '--session', 'another', "What's my name?"]);
  expect(asked.code).toBe(0);
  expect(asked.stdout).toContain('Alice');

  const status = JSON.parse((await moby.cli(['status', '--json'])).stdout);
  expect(JSON.stringify(status)).toContain('offline');
  const history = await moby.cli(['history', 'search', 'Alice']);
  expect(history.stdout).toContain('Alice');
  for (const path of ['gateway/cli-token', 'gateway/gateway.db', 'MEMORY.md', 'credentials.env']) {
    expect([path, statSync(join(moby.home, path)).mode & 0o077]).toEqual([path, 0]);
  }
}, 300_000);

test('up is safe to repeat; down twice is fine; a pipe gets the answer alone', async () => {
  const moby = await newMoby();
  expect((await moby.cli(['run', 'hello'])).code).toBe(1);
  expect((await moby.cli(['run', 'hello'])).stderr).toContain('up');
  await moby.cli(['up', '--local']);
  expect((await moby.cli(['up', '--local'])).code).toBe(0);
  const piped = await moby.cli(['run'], { stdin: 'What can you do?\n' });
  expect(piped.code).toBe(0);
  expect(piped.stdout).not.toContain('⏳');
  const json = await moby.cli(['run', '--json', 'hello']);
  expect(JSON.parse(json.stdout)).toMatchObject({ text: expect.any(String), turn: expect.any(String) });
  expect((await moby.cli(['down'])).code).toBe(0);
  expect((await moby.cli(['down'])).code).toBe(0);
}, 300_000);
