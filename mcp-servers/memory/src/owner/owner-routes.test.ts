/** The owner edits his files through the gateway's routes: nothing is overwritten that he has not seen, and undo is always there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileVersion, MemoryFiles, MemoryHits, OwnerFile } from '@mobyclaw/protocol/memory-file';
import { callMcp } from '@mobyclaw/testkit/mcp-client';
import { expect, test } from 'vitest';
import { startMemory } from '../testing/memory-process.ts';

type Answer = OwnerFile & { status?: number; detail?: string };

test('a file is read, saved, saved again, and put back from a version', async () => {
  const memory = await startMemory();
  const path = join(memory.home, 'MEMORY.md');
  writeFileSync(path, '# Memory\n\n- The owner likes tea.\n');
  const read = (await memory.ask('GET', '/file?name=MEMORY.md')) as OwnerFile;
  expect(read.text).toContain('tea');
  const saved = (await memory.ask('POST', '/file', { ...read, text: '# Memory\n\n- Coffee.\n' })) as Answer;
  expect(readFileSync(path, 'utf8')).toBe('# Memory\n\n- Coffee.\n');
  expect(saved.version).not.toBe(read.version);
  const { items } = (await memory.ask('GET', '/file/versions?name=MEMORY.md')) as { items: FileVersion[] };
  expect(items).toHaveLength(1);
  const at = encodeURIComponent(items[0]?.at ?? '');
  const old = (await memory.ask('GET', `/file/version?name=MEMORY.md&at=${at}`)) as OwnerFile;
  expect(old.text).toBe(read.text);
  const undone = (await memory.ask('POST', '/file', { ...old, version: saved.version })) as Answer;
  expect(undone.version).toBe(read.version);
  expect(readFileSync(path, 'utf8')).toContain('tea');
  const why = (await memory.ask('GET', '/why?q=tea')) as { lines: { state: string }[] };
  expect(why.lines[0]?.state).not.toBe('written'); // no tool wrote it
});

test('what was changed since it was read is not overwritten', async () => {
  const memory = await startMemory();
  const path = join(memory.home, 'MEMORY.md');
  const read = (await memory.ask('GET', '/file?name=MEMORY.md')) as OwnerFile;
  writeFileSync(path, 'by hand\n');
  const refused = (await memory.ask('POST', '/file', { ...read, text: 'mine\n' })) as Answer;
  expect(refused).toMatchObject({ status: 409, detail: expect.stringContaining('changed meanwhile') });
  expect(readFileSync(path, 'utf8')).toBe('by hand\n');
  const fresh = { name: 'memory/2026-01-31.md', text: '# A day\n', version: null };
  expect(await memory.ask('POST', '/file', fresh)).toMatchObject({ text: '# A day\n' });
  expect(await memory.ask('POST', '/file', fresh)).toMatchObject({ status: 409 });
});

test('lines keep the ends that the file has; no other file than a memory file is reached', async () => {
  const memory = await startMemory();
  const path = join(memory.home, 'MEMORY.md');
  writeFileSync(path, '# Memory\r\n\r\n- One.\r\n');
  const read = (await memory.ask('GET', '/file?name=MEMORY.md')) as OwnerFile;
  await memory.ask('POST', '/file', { ...read, text: '# Memory\n\n- One.\n- Two.\n' });
  expect(readFileSync(path, 'utf8')).toBe('# Memory\r\n\r\n- One.\r\n- Two.\r\n');
  for (const name of ['credentials.env', '../MEMORY.md', 'memory/../soul.yaml', 'memory/.seeded']) {
    expect(await memory.ask('GET', `/file?name=${encodeURIComponent(name)}`)).toMatchObject({ status: 404 });
    expect(await memory.ask('POST', '/file', { name, text: 'x', version: null })).toMatchObject({
      status: 404,
    });
    expect(await memory.ask('GET', `/file/versions?name=${encodeURIComponent(name)}`)).toMatchObject({
      status: 404,
    });
  }
});

test('files are listed, and searched with day, person and conversation', async () => {
  const memory = await startMemory();
  writeFileSync(
    join(memory.home, 'memory/2026-01-31.md'),
    '# 2026-01-31\n\n- 10:00 Anna Miller: the boiler leaks\n',
  );
  const { items } = (await memory.ask('GET', '/files')) as MemoryFiles;
  expect(items.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['MEMORY.md', 'memory/2026-01-31.md']),
  );
  const found = (await memory.ask('GET', '/search?q=boiler')) as MemoryHits;
  expect(found.items[0]).toMatchObject({
    file: 'memory/2026-01-31.md',
    line: 3,
    at: '2026-01-31 10:00',
    speaker: 'Anna Miller',
  });
  expect(found.items[0]?.session).toBeUndefined(); // nobody knows
  expect(((await memory.ask('GET', '/search?q=boiler&to=2026-01-30')) as MemoryHits).items).toEqual([]);
  const client = await memory.connect({ session: 'telegram:dm:7' });
  await callMcp(client, 'memory_append', { text: 'The plumber comes on Friday.', section: 'Home' });
  const { items: told } = (await memory.ask('GET', '/search?q=plumber')) as MemoryHits;
  expect(told[0]).toMatchObject({ file: 'MEMORY.md', section: 'Home', session: 'telegram:dm:7' });
});

test('soul.yaml is saved with its version kept; one with a mistake is refused with its line, and stays as it was', async () => {
  const memory = await startMemory();
  const path = join(memory.home, 'soul.yaml');
  const before = readFileSync(path, 'utf8');
  const soul = (await memory.ask('GET', '/soul/file')) as OwnerFile;
  expect(soul.text).toBe(before);
  expect(((await memory.ask('GET', '/soul/default')) as { text: string }).text).toBe(before);
  const broken = { text: `${before}\nagents: [\n`, version: soul.version };
  expect(await memory.ask('POST', '/soul/check', broken)).toMatchObject({
    problem: { line: expect.any(Number) },
  });
  expect(await memory.ask('POST', '/soul/file', broken)).toMatchObject({
    status: 422,
    detail: expect.stringMatching(/^Not saved: line \d+/),
  });
  expect(readFileSync(path, 'utf8')).toBe(before);
  const good = { text: `${before}# mine\n`, version: soul.version };
  expect(await memory.ask('POST', '/soul/check', good)).toEqual({ problem: null });
  const saved = (await memory.ask('POST', '/soul/file', good)) as Answer;
  expect(readFileSync(path, 'utf8')).toBe(good.text);
  expect(await memory.ask('POST', '/soul/file', good)).toMatchObject({ status: 409 });
  expect(await memory.ask('GET', '/soul')).toMatchObject({ candidate: { hash: saved.version } });
  const { items } = (await memory.ask('GET', '/file/versions?name=soul.yaml')) as { items: FileVersion[] };
  expect(items).toHaveLength(1);
});
