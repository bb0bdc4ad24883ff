import { expect, test } from 'vitest';
import { snippetOf } from './snippet.ts';

const filler = (count: number): string => Array.from({ length: count }, (_, at) => `w${at}`).join(' ');

test('a short text is whole, with what matches marked, in every form and script', () => {
  expect(snippetOf('A cat AND two Cats.', ['cat'])).toBe('A «cat» AND two «Cats».');
  expect(snippetOf('Zahnarzttermin am Löwen', ['zahnarzt', 'lowen'])).toBe('«Zahnarzttermin» am «Löwen»');
  expect(snippetOf('我喝茶。 他睡', ['喝茶'])).toBe('«我喝茶»。 他睡');
  expect(snippetOf('nothing of it', ['cat'])).toBe('nothing of it');
  expect(snippetOf('!!!', ['cat'])).toBe('!!!');
});

test('of a long text the part with most matches is shown, 24 words of it', () => {
  const text = `cat ${filler(50)} the cat and the dog ${filler(50)}`;
  const snippet = snippetOf(text, ['cat', 'dog']);
  expect(snippet).toMatch(/^…w.* the «cat» and the «dog» w0.*…$/);
  expect(snippet.match(/\p{L}+/gu)).toHaveLength(24);
  expect(snippetOf(`${filler(50)} cat`, ['cat'])).toMatch(/^….*«cat»$/);
  expect(snippetOf('字'.repeat(1000), ['字']).length).toBeLessThan(330);
});
