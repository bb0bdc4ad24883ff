import { appendFileSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import type { MemoryFileName } from '../memory-file.ts';
import { SearchIndex, type SearchRequest } from './search-index.ts';

const TODAY = '2026-06-30';

function indexOf(files: Record<string, string>) {
  const home = temporaryFolder();
  mkdirSync(join(home, 'memory'));
  const write = (name: string, text: string): void => writeFileSync(join(home, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const index = new SearchIndex(home);
  onTestFinished(() => index.close());
  const ask = (query: string, more: Partial<SearchRequest> = {}) =>
    index.search({ phrasings: [query], today: TODAY, limit: 10, ...more });
  const search = async (query: string, more: Partial<SearchRequest> = {}) => (await ask(query, more)).hits;
  return { home, index, ask, search, write };
}

test('a question in plain language finds the fact, with file, line and section', async () => {
  const { search } = indexOf({
    'MEMORY.md':
      '# Memory\n\n## About the owner\n\n- Likes tea\n- The owner’s name is Alice\n\n## Projects\n\n- A boat\n',
  });
  const [hit] = await search('What’s my name?');
  expect(hit).toMatchObject({
    file: 'MEMORY.md',
    line: 6,
    section: 'About the owner',
    score: 1,
    before: '- Likes tea',
    after: '- A boat',
  });
  expect(hit?.snippet).toBe('- The owner’s name is Alice');
});

test('when it was said and by whom stand with the hit', async () => {
  const { search } = indexOf({
    'memory/2026-06-30.md':
      '# Day\n\n- 10:00 Anna: the boat is sold\n- 10:05 Bob: a pity\n- 10:06 Anna: no, it leaked\n',
  });
  expect((await search('who sold the boat'))[0]).toMatchObject({
    at: '2026-06-30 10:00',
    speaker: 'Anna',
    line: 3,
    before: null,
    after: '- 10:05 Bob: a pity',
  });
});

test('word forms, beginnings of words, misspellings, accents and the heading match', async () => {
  const { search } = indexOf({
    'MEMORY.md':
      '## Allergies\n\n- peanuts\n\n## Other\n\n- Favourite café: Zum Löwen\n- wandered in the mountains\n- Zahnarzttermin im Mai\n',
  });
  expect((await search('allergy'))[0]?.snippet).toContain('peanuts');
  expect((await search('cafe lowen'))[0]?.snippet).toContain('Löwen');
  expect((await search('mountain wandering'))[0]?.line).toBe(8);
  expect((await search('favour'))[0]?.line).toBe(7);
  expect((await search('Zahnarzt'))[0]?.line).toBe(9);
  expect((await search('mountian'))[0]?.line).toBe(8);
});

test('scripts without spaces are found by a part of what is written, mixed with others too', async () => {
  const { search } = indexOf({
    'MEMORY.md':
      '## 关于\n\n- 我的名字是小明，喜欢喝茶\n- 住在上海\n- 新しいiPhoneを買った\n- 고양이가 두 마리 있다\n',
  });
  expect((await search('名字'))[0]?.line).toBe(3);
  expect((await search('喝茶'))[0]?.line).toBe(3);
  expect((await search('iphone'))[0]?.line).toBe(5);
  expect((await search('고양이'))[0]?.line).toBe(6);
});

test('nothing in a query is read as FTS5 syntax', async () => {
  const { search } = indexOf({ 'MEMORY.md': '- alpha beta\n' });
  for (const query of [
    '"',
    'alpha"',
    'alpha AND',
    'NEAR(alpha beta)',
    'content:alpha',
    'alpha*^',
    '(alpha',
    "' OR 1=1 --",
    'alpha NOT beta',
    '-',
    '{}',
    '\0alpha',
  ]) {
    await search(query);
  }
  expect(await search('alpha NOT beta')).toHaveLength(1);
  expect(await search('"""')).toEqual([]);
});

test('what was said a year ago is worth as much; of notes that match alike MEMORY.md and the newer go first', async () => {
  const note = '# Day\n\n- 10:00 Repaired the bicycle\n';
  const slept = '# Day\n\n- slept\n';
  const recent = Object.fromEntries(
    Array.from({ length: 30 }, (_, day) => [`memory/2026-06-${String(day + 1).padStart(2, '0')}.md`, slept]),
  );
  const { search } = indexOf({
    ...recent,
    'memory/2026-05-31.md': note,
    'memory/2025-06-30.md': note,
    'memory/2026-06-28.md': '# Day\n\n- 10:00 Looked at a bicycle that I would not want in a hundred years\n',
    'MEMORY.md': '- 10:00 Repaired the bicycle\n',
  });
  await search('anything'); // forty files are read in several steps
  await search('anything');
  await search('anything');
  await search('anything');
  const hits = await search('repaired the bicycle');
  expect(hits.map(({ file }) => file)).toEqual([
    'MEMORY.md',
    'memory/2026-05-31.md',
    'memory/2025-06-30.md',
    'memory/2026-06-28.md',
  ]);
});

test('a time in the question leads to what was said then; from and to leave out everything else', async () => {
  const dinner = (who: string): string => `# Day\n\n- 19:00 Dinner with ${who}\n`;
  const { search } = indexOf({
    'MEMORY.md': '- Dinner is at seven\n',
    'memory/2026-03-10.md': dinner('Anna'),
    'memory/2026-06-24.md': dinner('Bob'),
    'memory/2026-06-29.md': dinner('Zoe'),
  });
  const first = async (query: string, within?: SearchRequest['within']) =>
    (await search(query, within ? { within } : {}))[0]?.snippet;
  expect(await first('dinner in March')).toContain('Anna');
  expect(await first('who was at dinner last week?')).toContain('Bob');
  expect(await first('what happened yesterday?')).toContain('Zoe');
  expect(await first('dinner', { from: '2026-06-01', to: '2026-06-28' })).toContain('Bob');
  expect(await search('dinner', { within: { to: '2026-01-01' } })).toEqual([]);
  expect(await search('dinner', { within: { from: '2026-06-29', to: '2026-06-29' } })).toHaveLength(1);
});

test('several phrasings find what one alone does not', async () => {
  const { search } = indexOf({
    'MEMORY.md': '- Drives a lorry\n- Der Hund heißt Bello\n- likes tea\n',
  });
  const hits = await search('truck', { phrasings: ['truck', 'lorry', 'Hund'] });
  expect(hits.map(({ line }) => line).sort()).toEqual([1, 2, 3]); // the third beside the second
  expect(hits[2]).toMatchObject({ line: 3, coverage: 0 });
});

test('an edit, a new file and a deleted one count in the next search, without any watcher', async () => {
  const { home, search, write } = indexOf({
    'MEMORY.md': '- Lives in Paris\n',
    'memory/old.md': 'turnips\n',
  });
  expect(await search('Paris')).toHaveLength(1);
  write('MEMORY.md', '- Lives in Lisbon\n');
  write('memory/2026-06-29.md', '- 10:00 bought turnips\n');
  rmSync(join(home, 'memory/old.md'));
  expect(await search('Paris')).toEqual([]);
  expect(await search('Lisbon')).toHaveLength(1);
  expect((await search('turnips')).map((hit) => hit.file)).toEqual(['memory/2026-06-29.md']);
});

test('an old log that is edited by hand counts once the watcher has seen it, or the round of the clock', async () => {
  const days = Array.from(
    { length: 28 },
    (_, day) => `memory/2026-02-${String(day + 1).padStart(2, '0')}.md`,
  );
  const { home, index, search } = indexOf(Object.fromEntries(days.map((name) => [name, '- 10:00 slept\n'])));
  const clock = new ManualClock();
  index.start(clock, (error) => expect(error).toBeUndefined());
  await index.catchUp();
  expect(await search('slept', { limit: 30 })).toHaveLength(28);
  appendFileSync(join(home, 'memory/2026-02-03.md'), '- 11:00 bought turnips\n');
  index.touched('memory/2026-02-03.md' as MemoryFileName);
  expect(await search('turnips')).toMatchObject([{ file: 'memory/2026-02-03.md', line: 2 }, { line: 1 }]);
  appendFileSync(join(home, 'memory/2026-02-05.md'), '- 11:00 bought leeks\n'); // and nobody tells of it
  await clock.advance(1_000);
  expect((await search('leeks'))[0]?.file).toBe('memory/2026-02-05.md');
});

test('a search looks at a handful of files, however many logs there are', async () => {
  const many = Array.from({ length: 300 }, (_, day) => `memory/note ${day}.md`);
  const { home, index, search } = indexOf(Object.fromEntries(many.map((name) => [name, '- slept\n'])));
  await index.catchUp();
  appendFileSync(join(home, 'memory/note 7.md'), '- turnips\n');
  expect(await search('turnips')).toEqual([]); // nobody told of it, and no search goes over three hundred files
  index.touched('memory/note 7.md' as MemoryFileName);
  expect(await search('turnips')).toHaveLength(2);
});

test('while an index is made anew, a search answers from what is there and says what is missing', async () => {
  const days = Array.from(
    { length: 28 },
    (_, day) => `memory/2026-02-${String(day + 1).padStart(2, '0')}.md`,
  );
  const { ask, index } = indexOf({
    ...Object.fromEntries(days.map((name) => [name, '- 10:00 slept\n'])),
    'MEMORY.md': '- slept\n',
  });
  const first = await ask('slept', { limit: 30 });
  expect(first.missing).toEqual({ files: 21, of: 29 });
  expect(first.hits.map(({ file }) => file)).toEqual(['MEMORY.md', ...days.slice(-7).reverse()]);
  await index.catchUp();
  expect(await ask('slept', { limit: 30 })).toMatchObject({ missing: { files: 0 } });
});

test('the index may be deleted or damaged at any time', async () => {
  const { home, index, search } = indexOf({ 'MEMORY.md': '- Lives in Paris\n' });
  expect(await search('Paris')).toHaveLength(1);
  rmSync(join(home, 'memory/.index'), { recursive: true });
  expect(await search('Paris')).toHaveLength(1);
  await index.close();
  const damage = (): void =>
    writeFileSync(
      join(home, 'memory/.index/search.db'),
      'this is no database at all, but long enough to look at'.repeat(99),
    );
  damage();
  const second = new SearchIndex(home);
  onTestFinished(() => second.close());
  const found = async () => (await second.search({ phrasings: ['Paris'], today: TODAY, limit: 5 })).hits;
  expect(await found()).toHaveLength(1);
});

test('an index that turns out to be damaged in the middle of a search is made anew by that search', async () => {
  const { home, search } = indexOf({ 'MEMORY.md': '- Lives in Paris\n' });
  expect(await search('Paris')).toHaveLength(1);
  const other = new DatabaseSync(join(home, 'memory/.index/search.db'));
  other.exec('DROP TABLE term');
  other.close();
  expect(await search('Paris')).toHaveLength(1);
});

test('an index from before is gone on with: only what changed meanwhile is read', async () => {
  const { home, index, search, write } = indexOf({
    'MEMORY.md': '- Lives in Paris\n',
    'memory/gone.md': '- turnips\n',
    'memory/kept.md': '- leeks\n',
  });
  expect(await search('Paris')).toHaveLength(1);
  await index.close();
  write('MEMORY.md', '- Lives in Lisbon\n');
  rmSync(join(home, 'memory/gone.md'));
  const next = new SearchIndex(home);
  onTestFinished(() => next.close());
  const found = async (query: string) =>
    (await next.search({ phrasings: [query], today: TODAY, limit: 5 })).hits.map(({ file }) => file);
  expect(await found('Paris turnips')).toEqual([]);
  expect(await found('Lisbon')).toEqual(['MEMORY.md']);
  expect(await found('leeks')).toEqual(['memory/kept.md']);
  expect(readdirSync(join(home, 'memory/.index'))).toContain('search.db');
});

test('a file that cannot be read is named, and the others are searched', async () => {
  const { home, ask } = indexOf({ 'MEMORY.md': '- tea\n' });
  const broken = join(home, 'memory/broken.md');
  writeFileSync(broken, Buffer.from([0xc3, 0x28, 0xfe]));
  for (const _ of [1, 2]) {
    const answer = await ask('tea');
    expect(answer.hits).toHaveLength(1);
    expect(answer.unread).toEqual([expect.stringContaining('memory/broken.md is not valid UTF-8')]);
    expect(answer.missing.files).toBe(0);
  }
  writeFileSync(broken, 'mended tea\n');
  utimesSync(join(home, 'memory'), 0, 0); // the folder tells
  const mended = new SearchIndex(home);
  onTestFinished(() => mended.close());
  expect((await mended.search({ phrasings: ['mended'], today: TODAY, limit: 5 })).unread).toEqual([]);
});

test('comments are not memories, and lines after them are counted right', async () => {
  const { search } = indexOf({ 'MEMORY.md': '<!-- a hint\nabout kites -->\n\n- flies kites\n' });
  expect(await search('hint')).toEqual([]);
  expect((await search('kites'))[0]?.line).toBe(4);
});

test('a paragraph as long as a page is found to its end', async () => {
  const { search } = indexOf({ 'MEMORY.md': `- ${'word '.repeat(2000)}zebra\n` });
  expect((await search('zebra'))[0]?.snippet).toContain('zebra');
});
