/** What holds for any text on any platform: nothing lost, nothing too long, nothing thrown, no markup left open. */

import { PLATFORMS } from '@mobyclaw/protocol/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRenderer } from './create-renderer.ts';
import type { RenderedPart, TextLimit } from './part.ts';
import { sizeOf } from './size.ts';
import { knownWords, LIMITS, someMarkdown } from './testing/markdown.ts';
import { entityProblems } from './testing/telegram-rules.ts';

const RUNS = 150;

function checkParts(parts: readonly RenderedPart[], limit: TextLimit): void {
  for (const part of parts) {
    for (const text of [part.text, part.plain]) {
      expect(sizeOf(text, limit.unit)).toBeLessThanOrEqual(limit.max);
      expect(text.trim()).not.toBe('');
      expect(text.isWellFormed()).toBe(true);
    }
    if (part.extras !== undefined) expect(entityProblems(part.text, part.extras.entities)).toEqual([]);
  }
}

function sorted(words: readonly string[]): string[] {
  return words.toSorted();
}

it('a quote of code alone holds all of the code', async () => {
  const [part] = (await createRenderer('telegram')).render('- >  \t ab\n  - **', LIMITS.telegram);
  expect(entityProblems(part?.text ?? '', part?.extras?.entities)).toEqual([]);
});

describe.each(PLATFORMS)('any Markdown on %s', (platform) => {
  it('arrives whole, in parts within the limit', async () => {
    const renderer = await createRenderer(platform);
    fc.assert(
      fc.property(someMarkdown, (markdown) => {
        const parts = renderer.render(markdown, LIMITS[platform]);
        checkParts(parts, LIMITS[platform]);
        // A table's column names are told with every row, so words may come again, but none may be missing.
        for (const form of ['text', 'plain'] as const) {
          const words = new Set(knownWords(parts.map((part) => part[form]).join('\n')));
          expect(knownWords(markdown).filter((word) => !words.has(word))).toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('is cut at white space only, so that the parts make up the whole', async () => {
    const renderer = await createRenderer(platform);
    const endless: TextLimit = { max: 8000, unit: LIMITS[platform].unit };
    const withoutSpace = (parts: readonly RenderedPart[]) =>
      parts
        .map(({ plain }) => plain.replace(/^> /gmu, ''))
        .join('')
        .replace(/[\s>]|\(https:[^)]*\)/gu, '');
    fc.assert(
      fc.property(someMarkdown, fc.integer({ min: 400, max: 4000 }), (markdown, least) => {
        const max = /https/u.test(markdown) ? Math.max(800, least) : least; // addresses count in the limit
        const parts = renderer.render(markdown, { ...endless, max });
        const whole = renderer.render(markdown, { ...endless, max: 1_000_000 });
        checkParts(parts, { ...endless, max });
        expect(withoutSpace(parts)).toBe(withoutSpace(whole));
      }),
      { numRuns: RUNS },
    );
  });

  it('fits also where next to nothing does', async () => {
    const renderer = await createRenderer(platform);
    const small = fc.record({
      max: fc.integer({ min: 4, max: 60 }),
      unit: fc.constantFrom('utf16', 'bytes', 'codepoints'),
    });
    fc.assert(
      fc.property(someMarkdown, small, (markdown, limit) => {
        const text = markdown.slice(0, 1500);
        checkParts(renderer.render(text, limit), limit);
      }),
      { numRuns: 40 },
    );
  });

  it('can be rendered at any moment of a stream', async () => {
    const renderer = await createRenderer(platform);
    fc.assert(
      fc.property(someMarkdown, fc.nat(), (markdown, at) => {
        checkParts(
          renderer.render(markdown.slice(0, at % markdown.length), LIMITS[platform]),
          LIMITS[platform],
        );
      }),
      { numRuns: RUNS },
    );
  });

  it('is rendered as by one who has not seen its beginning before', async () => {
    const renderer = await createRenderer(platform);
    const limit: TextLimit = { max: 150, unit: LIMITS[platform].unit };
    await fc.assert(
      fc.asyncProperty(someMarkdown, fc.array(fc.nat(), { maxLength: 4 }), async (markdown, cuts) => {
        for (const at of cuts.map((cut) => cut % markdown.length).sort((a, b) => a - b))
          renderer.render(markdown.slice(0, at), limit);
        const fresh = await createRenderer(platform);
        const parts = renderer.render(markdown, limit);
        expect(parts).toEqual(fresh.render(markdown, limit));
        expect(await renderer.renderInSlices(markdown, limit)).toEqual(parts);
      }),
      { numRuns: 60 },
    );
  });

  it('is rendered from any string at all', async () => {
    const renderer = await createRenderer(platform);
    const any = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3000 }),
      fc.string({ unit: fc.constantFrom(...'`~*_[]()<>#-|>&@!\\ \n\t1.a'), maxLength: 400 }),
    );
    fc.assert(
      fc.property(any, (text) => checkParts(renderer.render(text, LIMITS[platform]), LIMITS[platform])),
      { numRuns: RUNS * 2 },
    );
  });

  it('loses no word of 100 KB', async () => {
    const renderer = await createRenderer(platform);
    let count = 0;
    const filler = '**bold** `code` and [link](https://e.example/path_x) ';
    const paragraph = () =>
      `${`⟦${count++}⟧ ${filler}`.repeat(6)}\n\n- ⟦${count++}⟧\n  - ⟦${count++}⟧\n\n\`\`\`js\n⟦${count++}⟧ {\n  x\n}\n\`\`\`\n\n`;
    let markdown = '';
    while (markdown.length < 100_000) markdown += paragraph();
    const parts = renderer.render(markdown, LIMITS[platform]);
    checkParts(parts, LIMITS[platform]);
    expect(knownWords(parts.map(({ text }) => text).join('\n'))).toEqual(knownWords(markdown));
    expect(sorted(knownWords(parts.map(({ plain }) => plain).join('\n')))).toEqual(
      sorted(knownWords(markdown)),
    );
  });
});
