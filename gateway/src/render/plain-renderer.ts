/** The renderer of last resort: for a platform that is not enabled any more, and for what its own renderer fails at. */
import type { RenderedPart, Renderer, TextLimit } from './part.ts';

/** Markdown as it stands, cut between characters, at line ends where there are any. */
export const plainRenderer: Renderer = {
  render(markdown, limit) {
    const parts: RenderedPart[] = [];
    let rest = markdown;
    while (rest.trim() !== '') {
      const end = cut(rest, limit);
      const text = rest.slice(0, end);
      if (text.trim() !== '') parts.push({ text, plain: text });
      rest = rest.slice(end);
    }
    return parts;
  },
  renderInSlices: async (markdown, limit) => plainRenderer.render(markdown, limit),
};

/** Index at which the first part ends; no part of a surrogate pair is left behind. */
function cut(text: string, { max, unit }: TextLimit): number {
  let size = 0;
  let end = 0;
  let lineEnd = 0;
  for (const character of text) {
    size += unit === 'utf16' ? character.length : unit === 'bytes' ? Buffer.byteLength(character) : 1;
    if (size > max) return lineEnd > end / 2 ? lineEnd : end;
    end += character.length;
    if (character === '\n') lineEnd = end;
  }
  return end;
}
