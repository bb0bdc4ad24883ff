/** MEMORY.md stays the owner's: whatever he wrote, in whatever form, a tool adds its own lines and touches no byte of his. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { MEMORY } from './memory-file.ts';
import { MemoryStore } from './memory-store.ts';
import { Journal } from './sources/journal.ts';

/** Mulberry32: the same numbers for the same seed, in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const PARTS = [
  ...[
    '# Memory',
    '## People',
    '## People ##',
    '###   Work',
    '- Anna plays the cello',
    '* starred',
    '1. first',
    '   indented',
  ],
  ...[
    '',
    '',
    '   ',
    '\t',
    'plain text',
    '```',
    '## in a fence',
    '<!-- a comment -->',
    '| a | b |',
    '日本語の行',
    'naïve café',
    '- ',
  ],
];

function writtenByHand(random: () => number): string {
  const ends = [['\n'], ['\r\n'], ['\n', '\r\n']][Math.floor(random() * 3)] ?? ['\n'];
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  let text = '';
  for (let lines = Math.floor(random() * 14); lines > 0; lines--) text += pick(PARTS) + pick(ends);
  return random() < 0.3 ? text.replace(/\r?\n$/, '') : text;
}

test('two hundred files edited by hand keep every byte around what is added', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'memory'));
  const store = new MemoryStore({
    home,
    clock: new ManualClock(),
    journal: new Journal(home),
    timeZone: 'UTC',
    onChanged: async () => undefined,
  });
  const path = join(home, MEMORY);
  const marks = [Buffer.alloc(0), Buffer.from('\uFEFF'), Buffer.from('\uFEFF', 'utf16le')];
  const random = seeded(13);
  for (let round = 0; round < 200; round++) {
    const mark = marks[Math.floor(random() * marks.length)] as Buffer;
    const encoding = mark.length === 2 ? 'utf16le' : 'utf8';
    const before = Buffer.concat([mark, Buffer.from(writtenByHand(random), encoding)]);
    writeFileSync(path, before);
    const section = ['People', 'Work', 'Elsewhere', '日本'][Math.floor(random() * 4)] as string;
    const { added } = await store.append({}, section, `Fact ${round}`);
    expect(added).toEqual([`- Fact ${round}`]);
    const after = readFileSync(path);
    let head = 0;
    while (head < before.length && before[head] === after[head]) head++;
    const tail = before.subarray(head);
    expect(after.length, JSON.stringify(before.toString(encoding))).toBeGreaterThan(before.length);
    expect(
      after.subarray(after.length - tail.length).equals(tail),
      JSON.stringify(before.toString(encoding)),
    ).toBe(true);
    expect(after.subarray(head, after.length - tail.length).toString(encoding)).toContain(`Fact ${round}`);
  }
});
