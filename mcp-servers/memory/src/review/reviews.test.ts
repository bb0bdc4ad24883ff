/** The nightly look at the memory, as the gateway has it done, by the server as a process. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Review,
  type ReviewStep,
  reviewMaterialSchema,
  reviewSchema,
  undoneReviewSchema,
} from '@mobyclaw/protocol/memory-review';
import { callMcp } from '@mobyclaw/testkit/mcp-client';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { startMemory } from '../testing/memory-process.ts';

const DAY = '2026-03-02';
const BY_HAND = '\uFEFF# Memory\r\n\r\n## People\r\n\r\n- Anna plays the cello\r\n- Tom fishes  \r\n\r\n\r\n';

async function opened(memoryFile = BY_HAND) {
  const home = temporaryFolder();
  mkdirSync(join(home, 'memory'));
  writeFileSync(join(home, 'MEMORY.md'), memoryFile);
  writeFileSync(join(home, `memory/${DAY}.md`), `# ${DAY}\n\n- 10:00 met Eva, the new neighbour\n`);
  const memory = await startMemory(home);
  const client = await memory.connect();
  const file = (): string => readFileSync(join(home, 'MEMORY.md'), 'utf8');
  return {
    ...memory,
    file,
    remember: (text: string) => callMcp(client, 'memory_append', { text, section: 'People' }),
    log: (day: string, text: string) => writeFileSync(join(home, `memory/${day}.md`), text),
    material: async (day = DAY) => reviewMaterialSchema.parse(await memory.ask('GET', `/review?day=${day}`)),
    look: async (steps: ReviewStep[], day = DAY): Promise<Review> =>
      reviewSchema.parse(await memory.ask('POST', '/review', { day, steps, turn: 'hidden' })),
    undo: async () => undoneReviewSchema.parse(await memory.ask('POST', '/review/undo', {})),
  };
}

test('there is something to look at only where something new was logged, and each day once', async () => {
  const { material, look, log } = await opened();
  expect(await material()).toMatchObject({
    day: DAY,
    log: `${DAY}\n- 10:00 met Eva, the new neighbour`,
    memory: expect.stringContaining('cello'),
  });
  expect((await material('2026-03-20')).day).toBeNull();
  const first = await look([{ do: 'add', text: 'Eva is the new neighbour.', section: 'People' }]);
  expect(await look([{ do: 'add', text: 'Something else.', section: 'People' }])).toEqual(first);
  expect((await material()).day).toBeNull();
  log('2026-03-03', '# 2026-03-03\n');
  expect((await material('2026-03-03')).day).toBeNull();
  log('2026-03-03', '# 2026-03-03\n\n- 09:00 coffee\n');
  expect(await material('2026-03-03')).toMatchObject({
    day: '2026-03-03',
    log: '2026-03-03\n- 09:00 coffee',
  });
});

test('what tools wrote is joined and dropped, what was written by hand and what warns stays', async () => {
  const { remember, look, file, ask, home } = await opened();
  await remember(
    'The sister of the owner is Eva.\nEva lives next door, number 5.\nOld note about the boiler.\nNever feed the cat chocolate.',
  );
  const versions = (): number => readdirSync(join(home, 'memory/.versions/MEMORY.md')).length;
  const before = versions();
  const done = await look([
    { do: 'add', text: 'The owner met Eva in March.', section: 'People' },
    { do: 'add', text: 'Anna plays the cello', section: 'People' },
    {
      do: 'join',
      lines: ['The sister of the owner is Eva.', 'Eva lives next door, number 5.'],
      text: 'Eva, the owner’s sister, lives next door, number 5.',
    },
    { do: 'drop', line: 'Old note about the boiler.', why: 'it is mended' },
    { do: 'drop', line: 'Tom fishes', why: 'stale' },
    { do: 'drop', line: 'Never feed the cat chocolate.', why: 'no cat any more' },
    { do: 'drop', line: 'Nothing of this sort', why: '' },
  ]);
  expect(done).toMatchObject({ noted: ['The owner met Eva in March.'], asked: 1, undone: false });
  expect(done.joined).toHaveLength(1);
  expect(done.dropped).toEqual([
    { line: 'Old note about the boiler.', section: 'People', why: 'it is mended' },
  ]);
  expect(done.left.join('\n')).toMatch(
    /stands there already[\s\S]*Tom fishes" stays: it was written by hand[\s\S]*chocolate\." stays: it is a warning/,
  );
  expect(versions()).toBe(before + 1);
  expect(file()).toContain(
    '- Anna plays the cello\r\n- Tom fishes  \r\n- Eva, the owner’s sister, lives next door, number 5.\r\n',
  );
  expect(await ask('GET', '/doubts')).toMatchObject([
    { kind: 'warning', old: '- Never feed the cat chocolate.' },
  ]);
  expect(await ask('GET', '/why?q=March')).toMatchObject({
    lines: [{ source: { sender: 'the nightly look', turn: 'hidden' } }],
  });
});

test('one command undoes it, to the byte; later edits of the owner stay', async () => {
  const { remember, look, file, undo, home } = await opened();
  await remember('The sister of the owner is Eva.\nOld note about the boiler.\nEva lives next door.');
  const before = readFileSync(join(home, 'MEMORY.md'));
  const steps: ReviewStep[] = [
    {
      do: 'join',
      lines: ['The sister of the owner is Eva.', 'Eva lives next door.'],
      text: 'Eva, the owner’s sister, lives next door.',
    },
    { do: 'drop', line: 'Old note about the boiler.', why: '' },
    { do: 'add', text: 'Never ring at noon.', section: 'People' },
  ];
  await look(steps);
  expect(await undo()).toMatchObject({ review: { day: DAY, undone: true }, left: [] });
  expect(readFileSync(join(home, 'MEMORY.md')).equals(before)).toBe(true);
  expect(await undo()).toEqual({ review: null, left: [] });
  await look(steps, '2026-03-03');
  writeFileSync(
    join(home, 'MEMORY.md'),
    file().replace('Never ring at noon.', 'Ring at any time.').replace('cello', 'viola'),
  );
  const { left } = await undo();
  expect(left.join()).toContain('Never ring at noon');
  expect(file()).toContain('viola');
  expect(file()).toContain('Old note about the boiler.');
  expect(file()).toContain('Ring at any time.');
});

test('what contradicts is asked, and the look that found nothing is known too', async () => {
  const { remember, look, ask, home } = await opened('# Memory\n');
  await remember('The owner lives in Paris.\nThe spare key is under the mat.\nThe spare key is with Anna.');
  const done = await look([
    { do: 'add', text: 'The owner lives in Rome.', section: 'People' },
    {
      do: 'ask',
      old: 'The spare key is under the mat.',
      new: 'The spare key is with Anna.',
      why: 'there is one spare key',
    },
    { do: 'ask', old: 'Not there', new: 'The spare key is with Anna.', why: '' },
  ]);
  expect(done.asked).toBe(2);
  expect(((await ask('GET', '/doubts')) as { why: string }[]).map(({ why }) => why)).toEqual([
    'there is only one of these at a time',
    'there is one spare key',
  ]);
  await look([], '2026-03-03');
  expect(await ask('GET', '/reviews')).toMatchObject([{ day: '2026-03-03', noted: [] }, { day: DAY }]);
  expect(readdirSync(join(home, 'memory'))).toContain('.reviews.json');
});
