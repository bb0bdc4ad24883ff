import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestMemory } from './memory-digest.ts';

const long = (prefix: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `- ${prefix} fact number ${index}`).join('\n');

test('what fits is published as it is', () => {
  const text = '# Memory\r\n\r\n- ü\r\n';
  expect(digestMemory(text, 1024)).toBe(text);
});

test('what does not fit keeps every heading and the newest entries of each section, and says so', () => {
  const text = `# Memory\n\n## People\n\n${long('people', 500)}\n\n## Small\n\n- only one\n\n## Projects\n\n${long('project', 500)}\n`;
  const digest = digestMemory(text, 4096);
  expect(Buffer.byteLength(digest)).toBeLessThanOrEqual(4096);
  expect(Buffer.byteLength(digest)).toBeGreaterThan(3900);
  for (const heading of ['# Memory', '## People', '## Small', '## Projects'])
    expect(digest).toContain(heading);
  expect(digest).toContain('memory_search');
  expect(digest).toContain('- only one');
  expect(digest).toContain('people fact number 499');
  expect(digest).toContain('project fact number 499');
  expect(digest).not.toContain('people fact number 0\n');
  expect(digest).toMatch(/\(\d+ older left out\)/);
});

test('sections take turns, also after one of them has nothing more or nothing that fits', () => {
  const text = `## A\n\n${long('a', 40)}\n\n## B\n\n- ${'b'.repeat(3000)}\n- b1\n\n## C\n\n${long('c', 40)}\n`;
  const digest = digestMemory(text, 1024);
  expect(Buffer.byteLength(digest)).toBeGreaterThan(960);
  const taken = (prefix: string): number => digest.match(new RegExp(`- ${prefix} fact`, 'g'))?.length ?? 0;
  expect(taken('a')).toBeGreaterThan(8);
  expect(Math.abs(taken('a') - taken('c'))).toBeLessThanOrEqual(1);
  expect(digest).toContain('## B\n(1 older left out)\n- b1\n');
});

test('an entry keeps what is indented under it', () => {
  const text = `## A\n\n${long('a', 200)}\n- Grace\n  - likes tea\n`;
  expect(digestMemory(text, 1024)).toContain('- Grace\n  - likes tea\n');
});

test('whatever the text, the budget holds and no character is broken', () => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('## Ünï', '- 項目', '  under', '```', ''),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 200 }), fc.integer({ min: 200, max: 2000 }), (lines, budget) => {
      fc.pre(!lines.some((text) => text.includes('\uFFFD')));
      const digest = digestMemory(lines.join('\n'), budget);
      expect(Buffer.byteLength(digest)).toBeLessThanOrEqual(budget);
      expect(digest).not.toContain('\uFFFD');
    }),
    { examples: [[Array.from({ length: 100 }, (_, index) => `## 見出し ${index}`), 300]] },
  );
});
