/** Facts as the tools write them, by the server as a process: none twice, none silently against another, no warning softened. */
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Doubt, doubtsSchema } from '@mobyclaw/protocol/memory-doubt';
import { RECALLED } from '@mobyclaw/protocol/recalled';
import { callMcp } from '@mobyclaw/testkit/mcp-client';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { startMemory } from '../testing/memory-process.ts';

async function opened() {
  const memory = await startMemory();
  const client = await memory.connect({ turn: 't1', session: 'telegram:dm:7' });
  const call = (tool: string, input: object) => callMcp(client, tool, input);
  return {
    ...memory,
    call,
    append: (text: string, more: object = {}) => call('memory_append', { text, section: 'Facts', ...more }),
    file: (name = 'MEMORY.md') => readFileSync(join(memory.home, name), 'utf8'),
    doubts: async (): Promise<Doubt[]> => doubtsSchema.parse(await memory.ask('GET', '/doubts')),
    settle: (id: string, choice: string) => memory.ask('POST', '/doubts/settle', { id, choice }),
  };
}

test('the same in other words is not written, and the line that stands there is named', async () => {
  const { append, file, call } = await opened();
  await append('The owner likes tea in the morning.');
  const again = await call('memory_append', {
    text: 'In the morning, the owner likes tea',
    section: 'Elsewhere',
  });
  expect(again.text).toMatch(
    /MEMORY\.md:\d+ says that already; nothing was added.*likes tea in the morning/s,
  );
  await append('The owner likes green tea in the morning.');
  expect(file().match(/tea in the morning/g)).toHaveLength(2);
  expect(file()).not.toContain('Elsewhere');
});

test('what repeats itself right away is logged once; later it has happened again', async () => {
  const { call, home } = await opened();
  const entry = { text: 'Watered the plants on the balcony' };
  await call('memory_log', entry);
  expect((await call('memory_log', entry)).text).toContain('nothing was added');
  const [name = ''] = readdirSync(join(home, 'memory')).filter((file) => /^\d{4}.*\.md$/.test(file));
  const path = join(home, 'memory', name);
  expect(readFileSync(path, 'utf8').match(/Watered/g)).toHaveLength(1);
  const earlier = new Date(Date.now() - 16 * 60_000).toISOString();
  if (!earlier.startsWith(name.slice(0, 10))) return; // within the first minutes of a day there is no earlier
  writeFileSync(path, readFileSync(path, 'utf8').replace(/- \d\d:\d\d/, `- ${earlier.slice(11, 16)}`));
  expect((await call('memory_log', entry)).text).toContain('Written');
});

test('what was shown as recalled is not written down again', async () => {
  const { append, call, file } = await opened();
  const shown = `${RECALLED} memory/2026-01-01.md:3] The owner likes tea`;
  expect((await append(shown)).isError).toBe(true);
  expect((await call('memory_log', { text: shown })).isError).toBe(true);
  expect(file()).not.toContain('moby-recalled');
});

test('a fact against another stands beside it, both with their days, until the owner has decided', async () => {
  const { append, file, doubts, settle, call } = await opened();
  await append('The owner lives in Paris.');
  const told = await append('The owner lives in Rome.');
  expect(told.text).toMatch(/Both stand now.*owner will be asked/s);
  expect(file()).toContain('- The owner lives in Paris.\n- The owner lives in Rome.\n');
  const today = new Date().toISOString().slice(0, 10);
  const [doubt] = await doubts();
  expect(doubt).toMatchObject({
    kind: 'contradiction',
    old: '- The owner lives in Paris.',
    is: '- The owner lives in Rome.',
    oldOn: today,
    session: 'telegram:dm:7',
  });
  await until('the published memory says so', () =>
    file('agent/MEMORY.md').includes(`Paris. [noted ${today}; a newer line contradicts it`),
  );
  expect((await call('memory_search', { query: 'where does the owner live' })).text).toContain(
    'is being asked',
  );
  expect(await settle(doubt?.id ?? '', 'new')).toEqual({ problem: null });
  expect(file()).not.toContain('Paris');
  expect(file('agent/MEMORY.md')).not.toContain('[noted');
  expect(await settle(doubt?.id ?? '', 'new')).toEqual({ problem: null });
  expect(await doubts()).toEqual([]);
});

test.each([
  ['old', true, false],
  ['both', true, true],
])('decided for %s', async (choice, paris, rome) => {
  const { append, file, doubts, settle } = await opened();
  await append('The owner lives in Paris.');
  await append('The owner lives in Rome.');
  await settle((await doubts())[0]?.id ?? '', choice);
  expect([file().includes('Paris'), file().includes('Rome')]).toEqual([paris, rome]);
});

test('a fact takes the place of another where the person said so, and the words are kept', async () => {
  const { append, file, doubts, ask } = await opened();
  await append('The owner lives in Paris.');
  const replaces = 'The owner lives in Paris.';
  expect(await append('The owner lives in Rome.', { replaces })).toMatchObject({ isError: true });
  const said = await append('The owner lives in Rome.', { replaces, person_said: 'I moved to Rome' });
  expect(said.isError).toBe(false);
  expect(file()).toContain('- The owner lives in Rome.');
  expect(file()).not.toContain('Paris');
  expect(await doubts()).toEqual([]);
  expect(await ask('GET', '/why?q=Rome')).toMatchObject({
    lines: [{ replaced: '- The owner lives in Paris.', said: 'I moved to Rome', source: { turn: 't1' } }],
  });
  expect(await append('x', { replaces, person_said: 'y' })).toMatchObject({ isError: true });
});

test('a warning is neither softened nor removed by a tool; the owner is asked and can have it', async () => {
  const { append, file, call, doubts, settle } = await opened();
  const nuts = 'The owner is severely allergic to peanuts.';
  await append(nuts);
  const person_said = 'it is not so bad any more';
  const softer = 'The owner is mildly allergic to peanuts.';
  for (const refused of [
    await append(softer, { replaces: nuts, person_said }),
    await call('memory_edit', { old_text: 'severely', new_text: 'mildly' }),
    await call('memory_edit', { old_text: `- ${nuts}\n`, new_text: '' }),
  ]) {
    expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('only the owner may') });
  }
  expect(file()).toContain(nuts);
  const open = await doubts();
  expect(open.map(({ kind, is }) => [kind, is])).toEqual([
    ['warning', `- ${softer}`],
    ['warning', ''],
  ]);
  await settle(open[0]?.id ?? '', 'old');
  expect(file()).toContain(nuts);
  await settle(open[1]?.id ?? '', 'new');
  expect(file()).not.toContain('peanuts');
});

test('a warning may be added to, and the owner himself edits as he likes', async () => {
  const { append, call, file, home } = await opened();
  await append('Never call before nine.');
  const more = await call('memory_edit', {
    old_text: 'before nine.',
    new_text: 'before nine, nor after ten.',
  });
  expect(more.isError).toBe(false);
  writeFileSync(join(home, 'MEMORY.md'), '# Memory\n');
  expect(file()).toBe('# Memory\n');
});

test('a fact that is past is told as such, where it is found and where it is shown; the file stays', async () => {
  const { append, file, call, home } = await opened();
  await append('The owner lives in Paris until 2020-03-31.\nThe cat lives in Bonn until 2099.');
  appendFileSync(join(home, 'MEMORY.md'), '- Works in Lyon until May\n');
  await until('the published memory says so', () =>
    file('agent/MEMORY.md').includes('until 2020-03-31. [past: it was until 2020-03-31]'),
  );
  expect(file()).not.toContain('[past');
  expect(file('agent/MEMORY.md')).toContain('until 2099.\n');
  expect((await call('memory_search', { query: 'Paris' })).text).toContain('past: it was until 2020-03-31');
  await until('the published memory says so', () =>
    file('agent/MEMORY.md').includes('- Works in Lyon until May\n'),
  );
  await append('The owner lives in Rome.'); // against a line that is past nothing is said
  expect(await (await call('memory_read', {})).text).toContain('Rome');
  expect(file('agent/MEMORY.md')).not.toContain('contradicts');
});
