/** Sources of lines as the tools write them, told by the server as a process. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Asker } from '@mobyclaw/protocol/capability';
import { type WhyAnswer, whyAnswerSchema } from '@mobyclaw/protocol/memory-source';
import { callMcp } from '@mobyclaw/testkit/mcp-client';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { type MemoryProcess, startMemory } from '../testing/memory-process.ts';

async function why(memory: MemoryProcess, about: string): Promise<WhyAnswer> {
  return whyAnswerSchema.parse(await memory.ask('GET', `/why?q=${encodeURIComponent(about)}`));
}

test('who said it, where and when, from the capability and not from what the agent sends beside it', async () => {
  const memory = await startMemory();
  const client = await memory.connect(
    { turn: 'turn-1', session: 'telegram:dm:7', sender: 'Ada' },
    { 'x-moby-session': 'slack:dm:FORGED', 'x-moby-sender': 'Mallory' },
  );
  await callMcp(client, 'memory_append', { text: 'The owner likes green tea.', section: 'Preferences' });
  const { lines } = await why(memory, 'tea');
  expect(lines).toEqual([
    {
      file: 'MEMORY.md',
      line: expect.any(Number),
      text: 'The owner likes green tea.',
      state: 'written',
      source: {
        at: expect.any(String),
        turn: 'turn-1',
        session: 'telegram:dm:7',
        asker: 'owner',
        sender: 'Ada',
      },
    },
  ]);
  const told = await callMcp(client, 'memory_why', { about: 'tea' });
  expect(told.text).toMatch(/likes green tea.*by Ada in telegram:dm:7, turn turn-1/s);
  expect(readFileSync(join(memory.home, 'MEMORY.md'), 'utf8')).not.toContain('turn-1');
});

test('a line is followed through hand edits: moved, reworded, deleted', async () => {
  const memory = await startMemory();
  const client = await memory.connect({ turn: 't' });
  for (const text of ['Anna plays the cello.', 'The owner likes green tea.', 'The boiler is in the cellar.'])
    await callMcp(client, 'memory_append', { text });
  const path = join(memory.home, 'MEMORY.md');
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    text
      .replace('- Anna plays the cello.\n', '')
      .replace('likes green tea.', 'likes green tea, without milk.')
      .replace('- The boiler is in the cellar.\n', ''),
  );
  writeFileSync(join(memory.home, 'memory/house.md'), '# House\n\n- The boiler is in the cellar.\n');
  expect((await why(memory, 'cello')).gone).toMatchObject([{ text: 'Anna plays the cello.', removed: null }]);
  expect((await why(memory, 'green tea')).lines).toMatchObject([
    { state: 'edited', written: '- The owner likes green tea.', source: { turn: 't' } },
  ]);
  expect((await why(memory, 'green tea')).gone).toEqual([]);
  expect((await why(memory, 'boiler')).lines).toMatchObject([
    { file: 'memory/house.md', state: 'moved', from: 'MEMORY.md', source: { turn: 't' } },
  ]);
  const told = await callMcp(client, 'memory_why', { about: 'cello' });
  expect(told.text).toContain('no tool took it away, so it was by hand');
});

test('what a tool replaced or took away says so', async () => {
  const memory = await startMemory();
  const first = await memory.connect({ turn: 'first' });
  await callMcp(first, 'memory_append', { text: 'Tom works at the harbour.\nTom has a boat.' });
  const second = await memory.connect({ turn: 'second' });
  await callMcp(second, 'memory_edit', { old_text: 'at the harbour', new_text: 'at the airport' });
  await callMcp(second, 'memory_edit', { old_text: '- Tom has a boat.\n', new_text: '' });
  expect(await why(memory, 'Tom works')).toMatchObject({
    lines: [
      {
        text: 'Tom works at the airport.',
        replaced: '- Tom works at the harbour.',
        source: { turn: 'second' },
      },
    ],
    gone: [{ text: 'Tom works at the harbour.', source: { turn: 'first' }, removed: { turn: 'second' } }],
  });
  expect((await why(memory, 'boat')).gone).toMatchObject([{ removed: { turn: 'second' } }]);
});

test('an old data folder gets a journal by itself, and what stood there is not known since when', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'memory'));
  writeFileSync(join(home, 'MEMORY.md'), '# Memory\n\n- The owner plays chess.\n');
  writeFileSync(join(home, 'memory/2020-01-01.md'), '- 10:00 chess with Tom\n');
  const memory = await startMemory(home);
  expect(existsSync(join(home, 'memory/.journal'))).toBe(true);
  const { lines, since } = await why(memory, 'chess');
  expect(since).not.toBeNull();
  expect(lines.map(({ file, state, source }) => [file, state, source]).sort()).toEqual([
    ['MEMORY.md', 'before', null],
    ['memory/2020-01-01.md', 'before', null],
  ]);
  appendFileSync(join(home, 'MEMORY.md'), '- The owner hates checkers.\n');
  expect((await why(memory, 'checkers')).lines).toMatchObject([{ state: 'by-hand', source: null }]);
});

test('a guest is told of his own notes alone, and a webhook of nothing', async () => {
  const memory = await startMemory();
  const as = (asker: Asker, session: string) => memory.connect({ turn: 't', asker, session, sender: 'Eve' });
  await callMcp(await as('owner', 'cli:main'), 'memory_append', {
    text: 'The safe is behind the tea shelf.',
  });
  const guest = await as('guest', 'telegram:group:-5');
  await callMcp(guest, 'memory_append', { text: 'Eve brings tea on Sunday.' });
  const told = await callMcp(guest, 'memory_why', { about: 'tea' });
  expect(told.text).toContain('Eve brings tea');
  expect(told.text).not.toContain('safe');
  const refused = await callMcp(await as('webhook', 'webhook:x'), 'memory_why', { about: 'tea' });
  expect(refused.isError).toBe(true);
  expect((await why(memory, 'Sunday')).lines).toMatchObject([{ source: { asker: 'guest', sender: 'Eve' } }]);
});
