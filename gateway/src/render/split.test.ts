/** Where a long text is cut, seen through the whole way from Markdown. */
import { describe, expect, it } from 'vitest';
import { createRenderer } from './create-renderer.ts';

const discord = await createRenderer('discord');
const slack = await createRenderer('slack');

function texts(markdown: string, max: number): string[] {
  return discord.render(markdown, { max, unit: 'utf16' }).map(({ text }) => text);
}

describe('a long text is cut', () => {
  it('between paragraphs first, then lines, sentences, words', () => {
    expect(texts(`${'a'.repeat(30)}\n\n${'b'.repeat(30)}\nccc`, 60)).toEqual([
      'a'.repeat(30),
      `${'b'.repeat(30)}\nccc`,
    ]);
    expect(texts(`${'a'.repeat(30)}\n${'b'.repeat(30)}`, 50)).toEqual(['a'.repeat(30), 'b'.repeat(30)]);
    expect(texts('One two three four. Five six seven eight nine ten.', 40)).toEqual([
      'One two three four.',
      'Five six seven eight nine ten.',
    ]);
    expect(texts('one two three four five six', 16)).toEqual(['one two three', 'four five six']);
  });

  it('not between a heading, or a line that announces, and what follows', () => {
    expect(texts(`${'a'.repeat(20)}\n\n## Title\n${'b'.repeat(20)}`, 40)).toEqual([
      'a'.repeat(20),
      `## Title\n${'b'.repeat(20)}`,
    ]);
    expect(texts(`${'a'.repeat(30)}\n\nSo:\n\n- x\n- ${'y'.repeat(20)}`, 42)).toEqual([
      'a'.repeat(30),
      `So:\n\n- x\n- ${'y'.repeat(20)}`,
    ]);
  });

  it('in code only at line ends, with the fence closed and opened again', () => {
    const code = Array.from({ length: 8 }, (_, line) => `    line(${line});`).join('\n');
    const parts = texts(`\`\`\`js\n${code}\n\`\`\``, 80);
    for (const part of parts) expect(part).toMatch(/^```js\n( {4}line\(\d\);\n)+```$/u);
    expect(parts.join('').match(/line\(\d\)/gu)).toHaveLength(8);
  });

  it('before code rather than in it, where it is long enough so', () => {
    const code = '```\nshort\ncode\n```';
    expect(texts(`${'a'.repeat(50)}\n\n${code}`, 69)).toEqual(['a'.repeat(50), code]);
  });

  it('not in a link, and with emphasis closed and opened again', () => {
    const link = '[cc dd ee](https://e.example/)';
    expect(texts(`${'a'.repeat(80)} ${link}`, 100)).toEqual(['a'.repeat(80), link]);
    expect(texts('**aaaa bbbb cccc dddd**', 16)).toEqual(['**aaaa bbbb**', '**cccc dddd**']);
  });

  it('not in what a person sees as one character', () => {
    const family = '👨‍👩‍👧‍👦';
    for (const part of texts(family.repeat(40), 50)) expect(part.replaceAll(family, '')).toBe('');
    for (const part of texts('e\u0301'.repeat(100), 33)) expect(part.replaceAll('e\u0301', '')).toBe('');
    expect(texts(family, 4).join('')).toBe(family);
    for (const part of texts('🎉'.repeat(50), 31)) expect(part.isWellFormed()).toBe(true);
  });

  it('by the size of what is sent, escapes included', () => {
    const parts = slack.render('<'.repeat(1000), { max: 400, unit: 'utf16' });
    expect(parts.map(({ text }) => text.length).every((length) => length <= 400)).toBe(true);
    expect(parts.map(({ plain }) => plain).join('')).toBe('<'.repeat(1000));
  });

  it('with an address written out that would fill a message', () => {
    const address = `https://e.example/${'a'.repeat(300)}`;
    const parts = texts(`[text](${address})`, 200);
    expect(parts.join('').replace(' ', '')).toBe(`text(${address})`);
  });

  it('and keeps the indentation of the line that comes next', () => {
    expect(texts(`- ${'a'.repeat(30)}\n  - ${'b'.repeat(20)}`, 40)).toEqual([
      `- ${'a'.repeat(30)}`,
      `  - ${'b'.repeat(20)}`,
    ]);
  });
});
