/** Cuts a memory file into the pieces that search ranks: paragraphs and runs of list items, each within one section. */
import { linesOf, sectionsOf } from '../markdown.ts';

const MAX_CHARS = 600; // a hit should be readable at a glance and cheap in the model's context

export interface Chunk {
  /** Heading it stands under; empty before the first. */
  section: string;
  /** Its first line in the file, from 1. */
  line: number;
  content: string;
}

export function chunksOf(text: string): Chunk[] {
  const lines = linesOf(withoutComments(text));
  const chunks: Chunk[] = [];
  for (const section of sectionsOf(lines)) {
    const before = chunks.length;
    let first = -1;
    let length = 0;
    const flush = (end: number): void => {
      if (first === -1) return;
      const content = lines.slice(first, end).join('\n');
      for (const piece of pieces(content))
        chunks.push({ section: section.title, line: first + 1, content: piece });
      first = -1;
      length = 0;
    };
    for (let index = section.start; index < section.end; index++) {
      const line = lines[index] ?? '';
      if (line.trim() === '') {
        flush(index);
        continue;
      }
      if (length + line.length > MAX_CHARS) flush(index);
      if (first === -1) first = index;
      length += line.length;
    }
    flush(section.end);
    if (chunks.length === before && section.level > 1) {
      chunks.push({ section: section.title, line: section.headingIndex + 1, content: section.title });
    }
  }
  return chunks;
}

/** Comments are hints to the owner, not memories. Their lines stay, empty, so that line numbers hold. */
function withoutComments(text: string): string {
  return text.replace(/<!--[\s\S]*?(?:-->|$)/g, (comment) => comment.replace(/[^\n]/g, ''));
}

/** A single line may be as long as a page. */
function pieces(content: string): string[] {
  if (content.length <= 2 * MAX_CHARS) return [content];
  const words = content.split(/(?<=\s)/);
  const out: string[] = [''];
  for (const word of words) {
    const last = out.at(-1) ?? '';
    if (last !== '' && last.length + word.length > MAX_CHARS) out.push(word);
    else out[out.length - 1] = last + word;
  }
  return out;
}
