/** Input on which a Markdown parser takes minutes or overflows its stack: the gateway's one thread must go on. */
import { describe, expect, it } from 'vitest';
import { createRenderer } from './create-renderer.ts';
import { LIMITS } from './testing/markdown.ts';

const SIZE = 100_000;
/** Alone each takes well under a second; unbounded, most of these take from ten seconds to minutes. */
const MOST_MS = 10_000;

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
  it('is rendered in bounded time', async () => {
    for (const platform of ['telegram', 'discord'] as const) {
      const renderer = await createRenderer(platform);
      const start = performance.now();
      expect(renderer.render(markdown, LIMITS[platform]).length).toBeGreaterThan(0);
      expect(performance.now() - start).toBeLessThan(MOST_MS);
    }
  });
});
