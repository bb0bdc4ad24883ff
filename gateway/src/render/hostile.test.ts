/**
 * Input on which a Markdown parser takes minutes or overflows its stack. How it is bounded is in `pieces.test.ts`, how long
 * it takes then in the bench; without the bounds this file does not end within the time of a test.
 */
import { describe, expect, it } from 'vitest';
import { createRenderer } from './create-renderer.ts';
import { sizeOf } from './size.ts';
import { LIMITS } from './testing/markdown.ts';

const SIZE = 100_000;

const SAMPLES: Record<string, string> = {
  'quotes in quotes': '>'.repeat(SIZE),
  'quotes in lists': '> - '.repeat(SIZE / 4),
  'lists in lists': Array.from({ length: 400 }, (_, depth) => `${'  '.repeat(depth)}- a`).join('\n'),
  'open strikethrough': '~~a '.repeat(SIZE / 4),
  'open emphasis': '**a _b '.repeat(SIZE / 7),
  'open links': '[a]('.repeat(SIZE / 4),
  'open images': '![['.repeat(SIZE / 3),
  'footnote calls': '[^a]'.repeat(SIZE / 4),
  definitions: Array.from({ length: SIZE / 20 }, (_, index) => `[a${index}]: https://e.example`).join('\n'),
  'addresses without end': 'www.a_'.repeat(SIZE / 6),
  'dots after an address': `https://a.example/${'.'.repeat(SIZE)}x`,
  'brackets after an address': `https://a.example/${').'.repeat(SIZE / 2)}`,
  backticks: Array.from({ length: 440 }, (_, length) => '`'.repeat(length + 1)).join(' '),
  'one word': 'x'.repeat(SIZE),
  'one emoji': `👩${'\u200d👩'.repeat(SIZE / 3)}`,
  'combining marks': `a${'\u0301'.repeat(SIZE)}`,
  spaces: `a${' '.repeat(SIZE)}b`,
  'line breaks': `a${'\n'.repeat(SIZE)}b`,
  'a wide table': `|${'a|'.repeat(500)}\n|${'-|'.repeat(500)}\n${`|${'b|'.repeat(500)}\n`.repeat(80)}`,
};

describe.each(Object.entries(SAMPLES))('100 KB of %s', (_, markdown) => {
  it.each(['telegram', 'discord'] as const)('arrives whole on %s', async (platform) => {
    const renderer = await createRenderer(platform);
    const limit = LIMITS[platform];
    const parts = renderer.render(markdown, limit);
    for (const { text, plain } of parts) {
      expect(sizeOf(text, limit.unit)).toBeLessThanOrEqual(limit.max);
      expect(sizeOf(plain, limit.unit)).toBeLessThanOrEqual(limit.max);
    }
    const shown = parts.map(({ plain }) => plain).join('');
    expect(letters(shown)).toBeGreaterThanOrEqual(letters(markdown)); // the head of a table comes again
  });
});

function letters(text: string): number {
  return text.match(/\p{L}/gu)?.length ?? 0;
}
