/** One long answer with everything in it, as each platform gets it: read the files in `fixtures/` to judge the looks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLATFORMS } from '@mobyclaw/protocol/platform';
import { describe, expect, it } from 'vitest';
import { createRenderer } from './create-renderer.ts';
import { sizeOf } from './size.ts';
import { LIMITS } from './testing/markdown.ts';

const FOLDER = join(import.meta.dirname, 'fixtures');
const answer = readFileSync(join(FOLDER, 'answer.md'), 'utf8');
const CUT = '\n\n✂ ─────────────────────────────────────────────────────────────\n\n';

describe.each(PLATFORMS)('a long answer on %s', (platform) => {
  it('looks as it was reviewed', async () => {
    const parts = (await createRenderer(platform)).render(answer, LIMITS[platform]);
    const entities = (part: (typeof parts)[number]) =>
      part.extras === undefined ? '' : `\n\n${lines(part.text, part.extras.entities as Entity[])}`;
    const shown = parts.map((part) => part.text + entities(part)).join(CUT);
    await expect(`${shown}\n`).toMatchFileSnapshot(join(FOLDER, `answer.${platform}.txt`));
    for (const part of parts)
      expect(sizeOf(part.text, LIMITS[platform].unit)).toBeLessThanOrEqual(LIMITS[platform].max);
  });

  it('can be shown at every step of its stream', async () => {
    const renderer = await createRenderer(platform);
    let parts = 0;
    for (let length = 0; length <= answer.length; length += 37) {
      const now = renderer.render(answer.slice(0, length), LIMITS[platform]).length;
      // A message that is there is edited; it never has to be taken back.
      expect(now).toBeGreaterThanOrEqual(parts);
      parts = now;
    }
  });

  it('is rendered in little time again and again while it grows', async () => {
    const renderer = await createRenderer(platform);
    const times: number[] = [];
    for (let length = 100; length <= answer.length; length += 100) {
      const start = performance.now();
      renderer.render(answer.slice(0, length), LIMITS[platform]);
      times.push(performance.now() - start);
    }
    // A few milliseconds; the bound leaves room for a busy machine and still fails for a parse of the whole each time.
    expect(times.toSorted((a, b) => a - b)[times.length >> 1]).toBeLessThan(20);
  });
});

interface Entity {
  type: string;
  offset: number;
  length: number;
  url?: string;
  language?: string;
}

function lines(text: string, entities: readonly Entity[]): string {
  return entities
    .map(({ type, offset, length, url, language }) =>
      [type, JSON.stringify(text.slice(offset, offset + length).slice(0, 60)), url ?? language ?? '']
        .join(' ')
        .trim(),
    )
    .join('\n');
}
