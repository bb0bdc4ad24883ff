import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

const FOUND = {
  places: [{ place: 'messages', count: 2, examples: ['my blue bicycle', 'a Blue Bicycle\u001b[2J'] }],
  left: ['It stands in soul.yaml, line 3.'],
};
const DUE = { id: 'one', state: 'due', places: [], left: [] };

async function world() {
  const home = temporaryFolder();
  const api = await startApi(home);
  api
    .on('POST /api/forget/look', { body: FOUND })
    .on('POST /api/forget', { status: 202, body: DUE })
    .on('GET /api/forget/one', { body: { ...FOUND, id: 'one', state: 'done' } });
  const run = (...args: string[]) => runCli(['forget', ...args], { home, port: api.port });
  return { home, api, run };
}

test('it shows what it found, and removes nothing unasked', async () => {
  const { api, run } = await world();
  const { code, stdout, stderr } = await run('blue', 'bicycle');
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toContain('     2  messages\n          my blue bicycle\n');
  expect(stderr).not.toContain('\u001b');
  expect(stderr).toContain('With --yes');
  expect(JSON.parse((await run('blue bicycle', '--json')).stdout)).toMatchObject({
    ...FOUND,
    state: 'asked',
  });
  expect(api.seen.map(({ path }) => path)).not.toContain('/api/forget');
  expect(api.seen[0]?.body).toEqual({ phrase: 'blue bicycle' });
});

test('with --yes it is removed, also from what the command line keeps, and what still holds it is named', async () => {
  const { home, run } = await world();
  for (const folder of ['run', 'logs', 'backups', 'sessions/work'])
    mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, 'run/chat-history'), 'hello\nmy blue bicycle\nbye\n');
  writeFileSync(join(home, 'logs/gateway.log'), 'one\n{"why":"the Blue Bicycle"}\ntwo\n');
  writeFileSync(join(home, 'sessions/work/notes.txt'), Buffer.from(`x BLUE\u00a0BICYCLE`, 'utf16le'));
  writeFileSync(join(home, 'sessions/work/late.bin'), `${'z'.repeat((4 << 20) - 6)}blue bicycle`);
  writeFileSync(join(home, 'sessions/work/other.txt'), 'a red bicycle, blue sky');
  writeFileSync(join(home, 'backups/before-upgrade-1.tar.gz'), '');
  const { code, stderr } = await run('blue bicycle', '--yes');
  expect(code).toBe(0);
  expect(readFileSync(join(home, 'run/chat-history'), 'utf8')).toBe('hello\nbye\n');
  expect(readFileSync(join(home, 'logs/gateway.log'), 'utf8')).toBe(`one\n${' '.repeat(26)}\ntwo\n`);
  expect(stderr).toMatch(
    /still stands in these files.*sessions\/work\/late\.bin, sessions\/work\/notes\.txt\./,
  );
  expect(stderr).toContain('before-upgrade-1.tar.gz');
  expect(stderr).toContain('soul.yaml, line 3');
  expect(stderr).toContain('cannot be reached');
});

test('what failed is told; what is not understood is refused before anything is asked', async () => {
  const { api, run } = await world();
  api.on('GET /api/forget/one', {
    body: { ...DUE, state: 'failed', problem: 'The memory server does not answer.' },
  });
  const failed = await run('--conversation', 'telegram:dm:7', '-y');
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('memory server does not answer')]);
  const asked = api.seen.length;
  for (const args of [[], ['words', '--before', '2026-01-01'], ['--before', 'yesterday'], ['ab']])
    expect((await run(...args)).code).toBe(2);
  expect(api.seen).toHaveLength(asked);
});
