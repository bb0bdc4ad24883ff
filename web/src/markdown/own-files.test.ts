import { expect, test } from 'vitest';
import { ownFilesIn } from './own-files.ts';

test('files of the memory lead to their view, with the line', () => {
  expect(ownFilesIn('See @MEMORY.md, @memory/2026-01-31.md:12 and (@HEARTBEAT.md).')).toEqual([
    'See ',
    { text: '@MEMORY.md', href: '#/memory/MEMORY.md' },
    ', ',
    { text: '@memory/2026-01-31.md:12', href: '#/memory/memory%2F2026-01-31.md%3A12' },
    ' and (',
    { text: '@HEARTBEAT.md', href: '#/memory/HEARTBEAT.md' },
    ').',
  ]);
});

test.each([
  '@/etc/passwd',
  '@../MEMORY.md',
  '@memory/../../secrets.md',
  '@memory/..md',
  '@memory/a/b.md',
  '@memory/.md',
  '@MEMORY.mdx',
  '@MEMORY.md/../x',
  'me@MEMORY.md',
  'a/@MEMORY.md',
  '@@MEMORY.md',
  '@soul.yaml',
  '@notes/list.md',
  '@https://evil.example/MEMORY.md',
])('%s stays text', (text) => {
  expect(ownFilesIn(text)).toEqual([text]);
});
