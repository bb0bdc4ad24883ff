import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { SearchIndex } from './search-index.ts';

const TODAY = '2026-06-30';

function indexOf(files: Record<string, string>) {
  const home = temporaryFolder();
  mkdirSync(join(home, 'memory'));
  const write = (name: string, text: string): void => writeFileSync(join(home, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const index = new SearchIndex(home);
  onTestFinished(() => index.close());
  const search = async (query: string) => (await index.search(query, TODAY, 10)).hits;
  return { home, index, search, write };
}

test('a question in plain language finds the fact, with file, line and section', async () => {
  const { search } = indexOf({
    'MEMORY.md':
      '# Memory\n\n## About the owner\n\n- Likes tea\n- The owner’s name is Alice\n\n## Projects\n\n- A boat\n',
  });
  const [hit] = await search('What’s my name?');
  expect(hit).toMatchObject({ file: 'MEMORY.md', line: 6, section: 'About the owner', score: 1 });
  expect(hit?.snippet).toContain('Alice');
});

test('word forms, beginnings of words, accents and the heading match', async () => {
  const { search } = indexOf({
    'MEMORY.md':
      '## Allergies\n\n- peanuts\n\n## Other\n\n- Favourite café: Zum Löwen\n- wandered in the mountains\n',
  });
  expect((await search('allergy'))[0]?.snippet).toContain('peanuts');
  expect((await search('cafe lowen'))[0]?.snippet).toContain('Löwen');
  expect((await search('mountain wandering'))[0]?.line).toBe(8);
  expect((await search('favour'))[0]?.line).toBe(7);
});

test('scripts without spaces are searched by word', async () => {
  const { search } = indexOf({ 'MEMORY.md': '## 关于\n\n- 我的名字是小明，喜欢喝茶\n- 住在上海\n' });
  expect((await search('名字'))[0]?.line).toBe(3);
  expect((await search('喝茶'))[0]?.line).toBe(3);
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

test('dated notes lose half their weight in 30 days; MEMORY.md does not age', async () => {
  const note = '# Day\n\n- 10:00 Repaired the bicycle\n';
  const { search } = indexOf({
    'memory/2026-06-30.md': note,
    'memory/2026-05-31.md': note,
    'memory/2025-06-30.md': note,
    'MEMORY.md': note,
    'memory/2026-06-01.md': '# Day\n\n- slept\n',
    'memory/2026-06-02.md': '# Day\n\n- slept\n',
  });
  const hits = await search('bicycle');
  expect(hits.map((hit) => hit.file)).toEqual([
    'MEMORY.md',
    'memory/2026-06-30.md',
    'memory/2026-05-31.md',
    'memory/2025-06-30.md',
  ]);
  expect(hits[2]!.score / hits[1]!.score).toBeCloseTo(0.5, 5);
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

test('the index may be deleted or damaged at any time', async () => {
  const { home, index, search } = indexOf({ 'MEMORY.md': '- Lives in Paris\n' });
  expect(await search('Paris')).toHaveLength(1);
  rmSync(join(home, 'memory/.index'), { recursive: true });
  expect(await search('Paris')).toHaveLength(1);
  await index.close();
  writeFileSync(
    join(home, 'memory/.index/search.db'),
    'this is no database at all, but long enough to look at'.repeat(99),
  );
  expect(await search('Paris')).toHaveLength(1);
});

test('a file that cannot be read is named, and the others are searched', async () => {
  const { home, index } = indexOf({ 'MEMORY.md': '- tea\n' });
  writeFileSync(join(home, 'memory/broken.md'), Buffer.from([0xc3, 0x28, 0xfe]));
  const answer = await index.search('tea', TODAY, 5);
  expect(answer.hits).toHaveLength(1);
  expect(answer.unread).toEqual([expect.stringContaining('memory/broken.md is not valid UTF-8')]);
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
