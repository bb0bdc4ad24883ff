/** The memory server as a process forgets: nothing of the phrase is in any byte of its files, and what did not match is as it was. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ForgetMark, forgetFindingSchema } from '@mobyclaw/protocol/forget';
import { Phrase } from '@mobyclaw/recall/phrase';
import { callMcp } from '@mobyclaw/testkit/mcp-client';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { type MemoryProcess, startMemory } from '../testing/memory-process.ts';

const CANARY = 'zaphodbeeblebrox';

function markOf(phrase: string): ForgetMark {
  return { phrase: (Phrase.of(phrase) as Phrase).mark };
}

/** Files in whose bytes it stands, in any case, as UTF-8 or UTF-16. */
function holding(home: string, words: string): string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    if (!entry.isFile()) return [];
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    const has = bytes.toString('latin1').toLowerCase().includes(words) || utf16(bytes).includes(words);
    return has ? [path.slice(home.length + 1)] : [];
  });
}

function utf16(bytes: Buffer): string {
  return bytes.toString('latin1').replaceAll('\0', '').toLowerCase();
}

async function forget(memory: MemoryProcess, mark: ForgetMark, path = '/forget') {
  return forgetFindingSchema.parse(await memory.ask('POST', path, mark));
}

test('a phrase is in no file afterwards, and everything else is', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'memory'));
  const byHand = '# Memory\r\n\r\n- The owner plays chess.  \r\n- Zaphod\u0062eeblebrox owes him money\r\n';
  writeFileSync(join(home, 'MEMORY.md'), byHand);
  const log = `\ufeff- 10:00 tea\n- 11:00 met ${CANARY.toUpperCase()}\n`;
  writeFileSync(join(home, 'memory/2020-01-01.md'), Buffer.from(log, 'utf16le'));
  const memory = await startMemory(home);
  const client = await memory.connect({ turn: 't' });
  const tell = (text: string) => callMcp(client, 'memory_append', { text, section: 'People' });
  await tell(`${CANARY} has two heads.`);
  await tell('Trillian is an astronomer.');
  await callMcp(client, 'memory_edit', { old_text: 'two heads', new_text: 'three arms' });
  await callMcp(client, 'memory_log', { text: `wrote to ${CANARY}` });
  await callMcp(client, 'memory_log', { text: 'wrote to Arthur' });
  await callMcp(client, 'memory_search', { query: CANARY });
  await tell(`${CANARY} lives in Paris.\n${CANARY} lives in Rome.`);
  const steps = [{ do: 'add', text: `${CANARY} owns a ship.`, section: 'People' }];
  await memory.ask('POST', '/review', { day: '2020-01-01', steps });
  const guest = await memory.connect({ turn: 'g', asker: 'guest', session: 'telegram:dm:9', sender: 'Eve' });
  await callMcp(guest, 'memory_append', { text: `Say hello to ${CANARY}.` });
  await callMcp(guest, 'memory_append', { text: 'Eve comes on Sunday.' });
  expect(holding(home, CANARY).length).toBeGreaterThan(6);

  const looked = await forget(memory, markOf(CANARY), '/forget/look');
  expect(looked.places).toEqual(
    expect.arrayContaining([
      { place: 'lines of MEMORY.md', count: 5, examples: expect.any(Array) },
      { place: 'lines of memory/2020-01-01.md', count: 1, examples: ['- 11:00 met ZAPHODBEEBLEBROX'] },
      { place: 'lines of memory/guests/telegram-dm-9.md', count: 1, examples: expect.any(Array) },
      { place: 'contradictions that you are to be asked about', count: 1, examples: [] },
      { place: 'what the nightly looks did', count: 1, examples: [] },
      { place: 'earlier versions of files', count: expect.any(Number), examples: [] },
    ]),
  );
  expect(holding(home, CANARY).length).toBeGreaterThan(6); // it only looked

  await forget(memory, markOf(CANARY));
  expect(holding(home, CANARY)).toEqual([]);
  const text = readFileSync(join(home, 'MEMORY.md'), 'utf8');
  expect(text).toContain('# Memory\r\n\r\n- The owner plays chess.  \r\n');
  expect(text).toContain('Trillian is an astronomer.');
  expect(readFileSync(join(home, 'memory/2020-01-01.md')).toString('utf16le')).toBe('\ufeff- 10:00 tea\n');
  expect(readFileSync(join(home, 'memory/guests/telegram-dm-9.md'), 'utf8')).toContain(
    'Eve comes on Sunday.',
  );
  expect(readFileSync(join(home, 'agent/MEMORY.md'), 'utf8')).toContain('Trillian');
  const found = await callMcp(client, 'memory_search', { query: 'astronomer' });
  expect(found.text).toContain('Trillian');
  expect((await callMcp(client, 'memory_why', { about: 'Trillian' })).text).toContain('turn t');
  expect((await forget(memory, markOf(CANARY))).places).toEqual([]);
});

test('what a conversation or a person had written goes, and what was before a day', async () => {
  const home = temporaryFolder();
  const memory = await startMemory(home);
  const as = (session: string, sender: string) => memory.connect({ turn: 't', session, sender });
  const tell = async (session: string, sender: string, text: string) =>
    callMcp(await as(session, sender), 'memory_append', { text, section: 'Notes' });
  await tell('telegram:dm:7', 'Ada (telegram:7)', 'The boiler leaks.');
  await tell('telegram:group:-3', 'Ada (telegram:7)', 'The cat is called Tom.');
  await tell('cli:main', 'owner', 'The owner plays chess.');
  await forget(memory, { conversation: ['telegram:dm:7'] });
  const text = (): string => readFileSync(join(home, 'MEMORY.md'), 'utf8');
  expect(text()).not.toContain('boiler');
  expect(text()).toContain('Tom');
  await forget(memory, { person: ['telegram:7'], conversation: ['telegram:dm:7'] });
  expect(text()).not.toContain('Tom');
  expect(text()).toContain('chess');
  writeFileSync(join(home, 'memory/2020-01-01.md'), '- 10:00 oolong\n');
  writeFileSync(join(home, 'memory/2020-02-01.md'), '- 10:00 coffee\n');
  await forget(memory, { before: '2020-02-01', at: Date.parse('2020-02-01') });
  expect(holding(home, 'oolong')).toEqual([]);
  expect(holding(home, 'coffee').length).toBeGreaterThan(0);
});

test('soul.yaml is named and left, since it is configuration', async () => {
  const memory = await startMemory();
  const path = join(memory.home, 'soul.yaml');
  writeFileSync(path, `${readFileSync(path, 'utf8')}\n# ${CANARY}\n`);
  const { left } = await forget(memory, markOf(CANARY));
  expect(left).toEqual([expect.stringContaining('soul.yaml, line')]);
  expect(readFileSync(path, 'utf8')).toContain(CANARY);
});
