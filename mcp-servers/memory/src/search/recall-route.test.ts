/** What memory tells the gateway unasked, by the server as a process. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RecallAnswer, recallAnswerSchema } from '@mobyclaw/protocol/recall-answer';
import { callMcp } from '@mobyclaw/testkit/mcp-client';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { type MemoryProcess, startMemory } from '../testing/memory-process.ts';

async function withFiles(files: Record<string, string>): Promise<MemoryProcess> {
  const home = temporaryFolder();
  mkdirSync(join(home, 'memory/guests'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
  return startMemory(home);
}

async function recalled(memory: MemoryProcess, text: string, guestOf: string | null = null) {
  const answer: RecallAnswer = recallAnswerSchema.parse(
    await memory.ask('POST', '/recall', { text, guestOf }),
  );
  return answer.pieces;
}

test('what belongs to the message is told, with where it stands', async () => {
  const memory = await withFiles({
    'memory/2026-01-02.md':
      '# 2026-01-02\n\n- 10:00 Anna: jasmine tea in the morning, please\n- 11:00 The boat leaks\n',
  });
  expect(await recalled(memory, 'which tea in the morning?')).toEqual([
    {
      file: 'memory/2026-01-02.md',
      line: 3,
      at: '2026-01-02 10:00',
      speaker: 'Anna',
      guest: false,
      text: '- 10:00 Anna: jasmine tea in the morning, please',
      rank: expect.any(Number),
    },
  ]);
  expect(await recalled(memory, 'tea')).toEqual([]);
  expect(await recalled(memory, 'which tea is sold in the shops of Lisbon on Sundays')).toEqual([]);
});

test('never what stands in the prompt as MEMORY.md, wherever else it stands, nor the checklist', async () => {
  const memory = await withFiles({
    'MEMORY.md': '# Memory\n\n## Notes\n\n- Anna drinks jasmine tea\n',
    'memory/2026-01-02.md': '* Anna drinks jasmine tea\n',
    'memory/2026-01-03.md': '- Anna drinks jasmine tea on Sundays\n',
    'HEARTBEAT.md': '- does Anna drink jasmine tea?\n',
  });
  expect((await recalled(memory, 'does Anna drink jasmine tea?')).map(({ text }) => text)).toEqual([
    '- Anna drinks jasmine tea on Sundays',
  ]);
});

test('for a guest nothing but the notes of his own conversation', async () => {
  const memory = await withFiles({ 'memory/2026-01-02.md': '- Anna drinks jasmine tea\n' });
  for (const number of ['7', '8']) {
    const guest = { session: `telegram:dm:${number}`, asker: 'guest' as const, sender: `Guest ${number}` };
    const client = await memory.connect(guest);
    await callMcp(client, 'memory_append', { text: `Anna drinks jasmine tea with ${number}` });
  }
  const question = 'does Anna drink jasmine tea?';
  expect(await recalled(memory, question, 'telegram:dm:7')).toMatchObject([
    { text: expect.stringContaining('with 7'), guest: true, speaker: 'Guest 7' },
  ]);
  expect(await recalled(memory, question, 'telegram:dm:9')).toEqual([]);
  expect(await recalled(memory, question)).toHaveLength(3);
});
