import {
  chmodSync,
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
import { silentLogger } from '@mobyclaw/lib/logger';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { startMemory } from '../testing/memory-process.ts';
import { EgressPublication } from './egress-publication.ts';

const OPEN = 'mode: open\nallow: [a.com] # mine\n';
const BROKEN = 'mode: ask\nalow: []\n';
const never = new AbortController().signal;

function folder(text: string | null) {
  const home = temporaryFolder();
  const path = join(home, 'egress.yaml');
  const write = (next: string): void => writeFileSync(path, next);
  if (text !== null) write(text);
  const clock = new ManualClock();
  const start = async () => {
    const egress = new EgressPublication(home, clock, silentLogger);
    await egress.start();
    return egress;
  };
  const inForce = (): string => readFileSync(join(home, 'egress/rules/egress.yaml'), 'utf8');
  return { home, path, write, clock, start, inForce };
}

test('a file without a fault is in force at once, byte for byte; without a file the defaults are', async () => {
  const { home, path, write, start, inForce } = folder(OPEN);
  const egress = await start();
  expect(inForce()).toBe(OPEN);
  expect(statSync(join(home, 'egress/rules')).mode & 0o777).toBe(0o700);
  expect(egress.state).toMatchObject({ rules: { mode: 'open', allow: [{ host: 'a.com' }] } });
  write('mode: model\n');
  await egress.refresh();
  expect(inForce()).toBe('mode: model\n');
  rmSync(path);
  await egress.refresh();
  expect(egress.state).toEqual({ rules: { mode: 'ask', allow: [], deny: [], packages: false }, hash: null });
});

test('a broken file leaves the one before in force, also over a restart, and is told with its line', async () => {
  const { write, start, inForce } = folder(OPEN);
  const egress = await start();
  write(BROKEN);
  await egress.refresh();
  for (const one of [egress, await start()]) {
    expect(inForce()).toBe(OPEN);
    expect(one.state).toMatchObject({ rules: { mode: 'open' }, problem: { line: 2, message: /"alow"/ } });
  }
  write('mode: ask\n');
  await egress.refresh();
  expect(egress.state.problem).toBeUndefined();
  expect(inForce()).toBe('mode: ask\n');
});

test('a first file that is broken lets nothing through but what is asked about', async () => {
  const { home, start } = folder(BROKEN);
  expect((await start()).state).toMatchObject({ rules: { mode: 'ask', allow: [] }, problem: { line: 2 } });
  expect(existsSync(join(home, 'egress/rules/egress.yaml'))).toBe(false);
});

test('who watches hears of another file at once, of a broken one too', async () => {
  const { write, start } = folder(OPEN);
  const egress = await start();
  const seen = egress.watch(egress.state.hash ?? '', 60_000, never);
  write(BROKEN);
  await egress.refresh();
  expect((await seen).problem?.line).toBe(2);
});

test('an edit keeps comments, bytes and mode, keeps the version before, and is made once', async () => {
  const { home, path, start, inForce } = folder(null);
  writeFileSync(path, Buffer.from(`\ufeff${OPEN}`, 'utf16le'));
  chmodSync(path, 0o640);
  const edit = { do: 'allow', rule: { host: 'b.com' } } as const;
  expect(await (await start()).edit(edit)).toBe(true);
  const expected = Buffer.from('\ufeffmode: open\nallow: [a.com, "b.com"] # mine\n', 'utf16le');
  expect(readFileSync(path)).toEqual(expected);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(inForce()).toBe(expected.toString('utf8'));
  const versions = join(home, 'memory/.versions/egress.yaml');
  expect(readdirSync(versions)).toHaveLength(1);
  expect(await (await start()).edit(edit)).toBe(false); // a gateway that died before it knew asks again
  expect(readdirSync(versions)).toHaveLength(1);
});

test('an edit makes the file where there is none, and changes nothing in a link or a broken one', async () => {
  const { home, path, write, start } = folder(null);
  const egress = await start();
  await egress.edit({ do: 'allow', rule: { host: 'b.com' } });
  expect(readFileSync(path, 'utf8')).toBe('allow:\n  - "b.com"\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  write(BROKEN);
  await expect(egress.edit({ do: 'mode', mode: 'open' })).rejects.toMatchObject({
    type: 'conflict',
    message: /line 2/,
  });
  expect(readFileSync(path, 'utf8')).toBe(BROKEN);
  rmSync(path);
  writeFileSync(join(home, 'mine.yaml'), OPEN);
  symlinkSync('mine.yaml', path);
  await expect(egress.edit({ do: 'mode', mode: 'ask' })).rejects.toMatchObject({ message: /link/ });
  expect(readFileSync(join(home, 'mine.yaml'), 'utf8')).toBe(OPEN);
});

test('the memory server watches the file, and edits it for the gateway', async () => {
  const home = temporaryFolder();
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'egress.yaml'), OPEN);
  const { ask } = await startMemory(home);
  const before = (await ask('GET', '/egress')) as { hash: string };
  const seen = ask('GET', `/egress/watch?since=${before.hash}&timeout=60`);
  writeFileSync(join(home, 'egress.yaml'), BROKEN);
  expect(await seen).toMatchObject({ rules: { mode: 'open' }, problem: { line: 2 } });
  writeFileSync(join(home, 'egress.yaml'), OPEN);
  const edited = await ask('POST', '/egress/edit', { do: 'deny', host: 'ads.example' });
  expect(edited).toMatchObject({ written: true, rules: { deny: [{ host: 'ads.example' }] } });
  expect(await ask('POST', '/egress/edit', { do: 'deny', host: '10.0.0.1' })).toMatchObject({ status: 409 });
}, 60_000);
