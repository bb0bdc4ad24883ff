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
import { SoulPublication } from './soul-publication.ts';
import { soulHash } from './soul-syntax.ts';

const soulText = (name: string): string => `agents:\n  root:\n    description: ${name}\n`;
const hashOf = (text: string): string => soulHash(Buffer.from(text));
const A = soulText('a');
const B = soulText('b');
const BROKEN = 'agents:\n  root: [\n';

function folder(candidate: string | null) {
  const home = temporaryFolder();
  mkdirSync(join(home, 'agent'));
  const write = (text: string): void => writeFileSync(join(home, 'soul.yaml'), text);
  if (candidate !== null) write(candidate);
  const clock = new ManualClock();
  const start = async () => {
    const soul = new SoulPublication(home, clock, silentLogger);
    await soul.start();
    return soul;
  };
  const published = (): string => readFileSync(join(home, 'agent/soul.yaml'), 'utf8');
  return { home, write, clock, start, published };
}

const never = new AbortController().signal;

test('the first version of all is published without being asked; later ones are not', async () => {
  const { write, start, published } = folder(A);
  const soul = await start();
  expect(soul.state).toEqual({ candidate: { hash: hashOf(A) }, published: hashOf(A), confirmed: null });
  write(B);
  const restarted = await start();
  expect(published()).toBe(A);
  expect(restarted.state).toMatchObject({ candidate: { hash: hashOf(B) }, published: hashOf(A) });
});

test('a broken first version is not published, and its fault is named with its place', async () => {
  const { home, start } = folder(BROKEN);
  const soul = await start();
  expect(soul.state.published).toBeNull();
  expect(soul.state.candidate?.problem).toMatchObject({ line: 3 });
  expect(existsSync(join(home, 'agent/soul.yaml'))).toBe(false);
});

test('an edit is published, confirmed, and survives a restart; a bad one is taken back', async () => {
  const { write, start, published } = folder(A);
  const soul = await start();
  await soul.confirm(hashOf(A));
  write(B);
  await soul.refresh();
  expect((await soul.publish(hashOf(B))).published).toBe(hashOf(B));
  expect(published()).toBe(B);
  const restarted = await start();
  expect(restarted.state).toMatchObject({ published: hashOf(B), confirmed: hashOf(A) });
  expect((await restarted.restore()).published).toBe(hashOf(A));
  expect(published()).toBe(A);
});

test('only what the gateway saw is published', async () => {
  const { write, start, published } = folder(A);
  const soul = await start();
  write(B); // not noticed yet
  await expect(soul.publish(hashOf(A))).rejects.toMatchObject({ type: 'conflict' });
  write(BROKEN);
  await expect(soul.publish(hashOf(BROKEN))).rejects.toThrow(/line 3, column/);
  await expect(soul.confirm(hashOf(B))).rejects.toMatchObject({ type: 'conflict' });
  await expect(soul.restore()).rejects.toThrow(/none to go back to/);
  expect(published()).toBe(A);
});

test('a file that is missing or empty is no edit: the candidate stays, and it is said', async () => {
  const { home, write, start } = folder(A);
  const soul = await start();
  for (const remove of [() => rmSync(join(home, 'soul.yaml')), () => write(''), () => write(' \n\r\n')]) {
    remove();
    await soul.refresh();
    expect(soul.state.candidate?.hash).toBe(hashOf(A));
    expect(soul.state.candidate?.problem?.message).toMatch(/missing|empty/);
    await expect(soul.publish(hashOf(A))).rejects.toMatchObject({ type: 'conflict' });
    write(A);
    await soul.refresh();
    expect(soul.state.candidate).toEqual({ hash: hashOf(A) });
  }
  rmSync(join(home, 'soul.yaml'));
  expect((await start()).state.candidate).toMatchObject({ hash: hashOf(A), problem: {} });
});

test('who watches hears of another candidate at once, of none after the timeout', async () => {
  const { write, start, clock } = folder(A);
  const soul = await start();
  expect((await soul.watch('', 60_000, never)).candidate?.hash).toBe(hashOf(A));
  const changed = soul.watch(hashOf(A), 60_000, never);
  const timed = soul.watch(hashOf(B), 60_000, never); // differs already
  expect((await timed).candidate?.hash).toBe(hashOf(A));
  expect(soul.watchers).toBe(1);
  write(BROKEN);
  await soul.refresh();
  expect((await changed).candidate).toMatchObject({ hash: hashOf(BROKEN), problem: { line: 3 } });
  const silent = soul.watch(hashOf(BROKEN), 60_000, never);
  await soul.refresh();
  expect(soul.watchers).toBe(1);
  await clock.advance(60_000);
  expect((await silent).candidate?.hash).toBe(hashOf(BROKEN));
  expect([soul.watchers, clock.waiting]).toEqual([0, 0]);
});

test('who leaves while watching leaves nothing behind', async () => {
  const { start, clock } = folder(A);
  const soul = await start();
  const gone = new AbortController();
  const watching = soul.watch(hashOf(A), 60_000, gone.signal);
  gone.abort();
  await watching;
  expect([soul.watchers, clock.waiting]).toEqual([0, 0]);
});

test('an agent folder that was deleted is made again', async () => {
  const { home, start, published } = folder(A);
  const soul = await start();
  rmSync(join(home, 'agent'), { recursive: true });
  await soul.publish(hashOf(A));
  expect(published()).toBe(A);
});

test('a lost agent folder is filled again with what was confirmed', async () => {
  const { home, write, start, published } = folder(A);
  const soul = await start();
  await soul.confirm(hashOf(A));
  rmSync(join(home, 'agent/soul.yaml'));
  write(B);
  await start();
  expect(published()).toBe(A);
});

const RULE = 'shell:cmd=git push';
const RULED = `${A}\npermissions:\n  allow: ["${RULE}"]\n`;

test('a rule is put into the owner’s file, once, with the version before kept, and those who watch hear of it', async () => {
  const { home, write, start } = folder(null);
  write(`\ufeff${A}`);
  chmodSync(join(home, 'soul.yaml'), 0o640);
  const soul = await start();
  const seen = soul.watch(soul.state.candidate?.hash ?? '', 60_000, never);
  expect(await soul.allow(RULE)).toBe(true);
  expect(readFileSync(join(home, 'soul.yaml'), 'utf8')).toBe(`\ufeff${RULED}`);
  expect(statSync(join(home, 'soul.yaml')).mode & 0o777).toBe(0o640);
  expect((await seen).candidate?.hash).toBe(hashOf(`\ufeff${RULED}`));
  const versions = join(home, 'memory/.versions/soul.yaml');
  expect(readdirSync(versions).map((name) => readFileSync(join(versions, name), 'utf8'))).toEqual([
    `\ufeff${A}`,
  ]);
  // A gateway that died before it knew asks again.
  expect(await (await start()).allow(RULE)).toBe(false);
  expect(readdirSync(versions)).toHaveLength(1);
  expect(await soul.rules()).toEqual({ allow: [RULE], ask: [], deny: [] });
});

test('a file in UTF-16 stays one', async () => {
  const { home, start } = folder(null);
  writeFileSync(join(home, 'soul.yaml'), Buffer.from(`\ufeff${A}`, 'utf16le'));
  await (await start()).allow(RULE);
  expect(readFileSync(join(home, 'soul.yaml'))).toEqual(Buffer.from(`\ufeff${RULED}`, 'utf16le'));
});

test('nothing is put into a file that has a mistake, is a link, or is away; what is in force still tells the rules', async () => {
  const { home, write, start } = folder(RULED);
  const soul = await start();
  write(BROKEN);
  await expect(soul.allow('think')).rejects.toMatchObject({
    type: 'conflict',
    message: expect.stringMatching(/line 3/),
  });
  expect(readFileSync(join(home, 'soul.yaml'), 'utf8')).toBe(BROKEN);
  expect((await soul.rules()).allow).toEqual([RULE]);
  rmSync(join(home, 'soul.yaml'));
  await expect(soul.allow('think')).rejects.toMatchObject({ type: 'conflict' });
  writeFileSync(join(home, 'mine.yaml'), A);
  symlinkSync('mine.yaml', join(home, 'soul.yaml'));
  await expect(soul.allow('think')).rejects.toMatchObject({ message: expect.stringMatching(/link/) });
  expect(readFileSync(join(home, 'mine.yaml'), 'utf8')).toBe(A);
  expect(existsSync(join(home, 'memory/.versions/soul.yaml'))).toBe(false);
});
