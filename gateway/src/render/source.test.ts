/** Cutting Markdown into chunks must not change what it means. */
import { describe, expect, it } from 'vitest';
import { chunksOf } from './source.ts';

function texts(source: string): string[] {
  return chunksOf(source).map(({ text }) => text.trim());
}

describe('Markdown is cut into chunks', () => {
  it('at blank lines before what begins anew', () => {
    expect(texts('a\n\nb\nc\n\n# d')).toEqual(['a', 'b\nc', '# d']);
  });

  it('but not inside of lists, whose items may be apart', () => {
    expect(texts('- a\n\n  b\n\n- c\n\nd')).toEqual(['- a\n\n  b\n\n- c', 'd']);
  });

  it('nor inside of code, whatever is in it', () => {
    expect(texts('```\na\n\nb\n\n~~~\n```js\n\nc\n```\nd')).toEqual([
      '```\na\n\nb\n\n~~~\n```js\n\nc\n```',
      'd',
    ]);
    expect(texts('~~~~\na\n\n~~~\n\nb')).toEqual(['~~~~\na\n\n~~~\n\nb']);
  });

  it('where a fence that was left open in a list ends with it', () => {
    expect(texts('- a\n  ```\n  b\n\nc\n\nd')).toEqual(['- a\n  ```\n  b', 'c', 'd']);
  });

  it('with the definitions that a chunk needs', () => {
    const [first, second] = chunksOf(
      '[a] [B c]\n\n[a]: https://a.example\n[b  c]: https://b.example\n[d]: https://d.example',
    );
    expect(first?.definitions).toBe('[a]: https://a.example\n\n[b  c]: https://b.example');
    expect(second?.defines).toBe(true);
  });

  it('and a paragraph without end at words, losing nothing', () => {
    const chunks = chunksOf('word '.repeat(10_000).trim());
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.every(({ text }) => text.length <= 16_000)).toBe(true);
    expect(chunks.map(({ text, joint }, index) => (index === 0 ? '' : joint) + text).join('')).toBe(
      'word '.repeat(10_000).trim(),
    );
  });
});
