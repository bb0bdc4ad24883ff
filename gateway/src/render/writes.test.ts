/** A text that grows is written anew at its end alone. */
import { expect, test } from 'vitest';
import { markupRenderer } from './part-renderer.ts';

test('of eight messages that grow by a word, the last two are written at most', () => {
  let writes = 0;
  const renderer = markupRenderer({ bullets: ['-'], tableColumns: 40, tab: '\t' }, (runs) => {
    writes++;
    return runs.map(({ text }) => text).join('');
  });
  const limit = { max: 1000, unit: 'utf16' } as const;
  const paragraph = (index: number): string => `Paragraph ${index}: ${'some **bold** words '.repeat(8)}`;
  let text = Array.from({ length: 52 }, (_, index) => paragraph(index)).join('\n\n');
  const before = renderer.render(text, limit);
  expect(before).toHaveLength(8);
  for (const word of ['one', 'more', 'word']) {
    writes = 0;
    text += ` ${word}`;
    const parts = renderer.render(text, limit);
    expect(parts.slice(0, 7)).toEqual(before.slice(0, 7));
    expect(parts[7]?.text.endsWith(word)).toBe(true);
    expect(writes).toBe(1);
  }
});
