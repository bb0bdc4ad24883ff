import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { dailyFileName, MEMORY, type MemoryFileName, parseFileName } from './memory-file.ts';
import { MemoryStore } from './memory-store.ts';
import { Journal } from './sources/journal.ts';

function store(timeZone = 'UTC', startMs?: number) {
  const home = temporaryFolder();
  mkdirSync(join(home, 'memory'));
  const clock = new ManualClock(startMs);
  const changed: string[] = [];
  const made = new MemoryStore({
    home,
    clock,
    journal: new Journal(home),
    timeZone,
    onChanged: async (name) => {
      changed.push(name);
    },
  });
  const file = (name: string): string => readFileSync(join(home, name), 'utf8');
  const versions = (name: string): string[] => readdirSync(join(home, 'memory', '.versions', name)).sort();
  return { home, clock, store: made, changed, file, versions };
}

test('fifty appends at once are all kept, each with the version before it', async () => {
  const { store: memory, file, versions, changed } = store();
  await Promise.all(Array.from({ length: 50 }, (_, index) => memory.append({}, 'People', `person ${index}`)));
  for (let index = 0; index < 50; index++) expect(file(MEMORY)).toContain(`- person ${index}\n`);
  expect(versions(MEMORY)).toHaveLength(49);
  expect(changed).toHaveLength(50);
});

test('the number of versions is bounded, and the newest holds what was there before the last change', async () => {
  const { home, store: memory, versions } = store();
  for (let index = 0; index < 60; index++) await memory.append({}, 'A', `x${index}`);
  const kept = versions(MEMORY);
  expect(kept).toHaveLength(50);
  const newest = readFileSync(join(home, 'memory', '.versions', MEMORY, kept.at(-1)!), 'utf8');
  expect(newest).toContain('x58');
  expect(newest).not.toContain('x59');
  for (let index = 0; index < 10; index++) await memory.log({}, `y${index}`);
  expect(versions('2026-01-01.md')).toHaveLength(5);
});

test('what stood there before a thing ran away is kept, however often that has changed the file', async () => {
  const { home, clock, store: memory, versions } = store();
  await memory.append({}, 'Good', 'what the owner cares for');
  await clock.advance(3 * 3_600_000);
  for (let index = 0; index < 200; index++)
    await memory.edit({}, MEMORY as never, index === 0 ? '- what' : `- ${index - 1} what`, `- ${index} what`);
  const kept = versions(MEMORY).map((name) =>
    readFileSync(join(home, 'memory', '.versions', MEMORY, name), 'utf8'),
  );
  expect(kept.some((text) => text.includes('- what the owner cares for'))).toBe(true);
  expect(kept.length).toBeLessThanOrEqual(50);
});

test('a hand edit while a change is being made is not lost', async () => {
  const { home, store: memory, file } = store();
  writeFileSync(join(home, MEMORY), '## A\n\n- one\n');
  const appends = Array.from({ length: 10 }, (_, index) => memory.append({}, 'A', `tool ${index}`));
  for (let index = 0; index < 10; index++) {
    await new Promise((resolve) => setImmediate(resolve));
    const path = join(home, MEMORY);
    writeFileSync(path, `${readFileSync(path, 'utf8').trimEnd()}\n- hand ${index}\n`);
  }
  await Promise.all(appends);
  for (let index = 0; index < 10; index++) {
    expect(file(MEMORY)).toContain(`- hand ${index}\n`);
    expect(file(MEMORY)).toContain(`- tool ${index}\n`);
  }
});

test('a file that is not UTF-8 is refused and stays as it is', async () => {
  const { home, store: memory } = store();
  const bytes = Buffer.from([0x2d, 0x20, 0xff, 0xfe, 0x0a]);
  writeFileSync(join(home, MEMORY), bytes);
  await expect(memory.append({}, 'A', 'x')).rejects.toThrow(/not valid UTF-8/);
  await expect(memory.edit({}, MEMORY as MemoryFileName, '-', 'x')).rejects.toThrow(/not valid UTF-8/);
  await expect(memory.read(MEMORY as MemoryFileName)).rejects.toThrow(/not valid UTF-8/);
  expect(readFileSync(join(home, MEMORY))).toEqual(bytes);
});

test('a log line carries the time of the owner’s zone, in the file of the owner’s day', async () => {
  const { store: memory, file } = store('Pacific/Auckland', Date.UTC(2026, 0, 31, 23, 30));
  await memory.log({}, 'Watered the plants.\nAll of them.');
  await memory.log({}, 'Went out.');
  expect(file('memory/2026-02-01.md')).toBe(
    '# 2026-02-01, Sunday\n\n- 12:30 Watered the plants.\n  All of them.\n- 12:30 Went out.\n',
  );
});

test('no name leads out of the memory files', () => {
  const { home } = store();
  const bad = `../x|../../etc/passwd|/etc/passwd|memory/../soul.yaml|memory/..|memory/../../x.md|soul.yaml|credentials.env|
    agent/MEMORY.md|memory/.versions/MEMORY.md/x.md|memory/.index/search.db|memory/sub/x.md|memory\\..\\x.md|a\0.md|.md|..|
    2026-01-01/../../soul.yaml|memory/x.md/../../soul.yaml|%2e%2e%2fsoul.yaml|~/x.md`;
  for (const name of [...bad.split(/\|\s*/), ''])
    expect(() => parseFileName(name), name).toThrow(/not a memory file/);
  for (const date of ['../2026-01-01', '2026-13-01', '2026-01-01/..', '']) {
    expect(() => dailyFileName(date), date).toThrow(/not a date/);
  }
  expect(parseFileName('2026-01-31')).toBe('memory/2026-01-31.md');
  expect(parseFileName('HEARTBEAT.md')).toBe('HEARTBEAT.md');
  expect(parseFileName('recipes.md')).toBe('memory/recipes.md');
  expect(home).toBeTruthy();
});

test('a symbolic link is neither read nor replaced', async () => {
  const { home, store: memory } = store();
  writeFileSync(join(home, 'soul.yaml'), 'secret');
  symlinkSync(join(home, 'soul.yaml'), join(home, 'memory', 'trap.md'));
  const trap = parseFileName('trap.md');
  await expect(memory.read(trap)).rejects.toThrow(/not a plain file/);
  await expect(memory.edit({}, trap, 'secret', 'x')).rejects.toThrow(/not a plain file/);
  expect(readFileSync(join(home, 'soul.yaml'), 'utf8')).toBe('secret');
});

test('a file does not grow past its limit, and keeps its mode', async () => {
  const { home, store: memory } = store();
  writeFileSync(join(home, MEMORY), `${'x'.repeat(1024 * 1024 - 10)}\n`, { mode: 0o640 });
  await expect(memory.append({}, 'A', 'one more')).rejects.toThrow(/would grow past/);
  await memory.edit({}, MEMORY as MemoryFileName, 'x\n', 'y\n');
  expect(statSync(join(home, MEMORY)).mode & 0o777).toBe(0o640);
});
