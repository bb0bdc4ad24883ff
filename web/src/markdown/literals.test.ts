import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Literals, restored } from './literals.ts';

function inPieces(pieces: readonly string[]): string {
  const literals = new Literals();
  return pieces.map((piece, index) => literals.next(piece, index === pieces.length - 1)).join('');
}

test('underscores inside of a word are no Markdown, those around one are', () => {
  expect(inPieces(['ANTHROPIC_API_KEY and __init__ and _so_'])).toBe(
    'ANTHROPIC\uFDD0API\uFDD0KEY and __init__ and _so_',
  );
});

test('a dollar is one', () => {
  expect(inPieces(['$HOME costs $5'])).not.toContain('$');
  expect(restored(inPieces(['$HOME costs $5']))).toBe('$HOME costs $5');
});

test('however a text comes in pieces, the parser reads the same, and nothing of it is lost', () => {
  const texts = fc.array(fc.constantFrom('a', '_', '$', ' ', 'é', '😀', '__', 'b_c'), { maxLength: 30 });
  fc.assert(
    fc.property(texts, (pieces) => {
      const whole = pieces.join('');
      const read = inPieces(pieces.length === 0 ? [''] : pieces);
      expect(read).toBe(inPieces([whole]));
      expect(restored(read)).toBe(whole);
    }),
  );
});
