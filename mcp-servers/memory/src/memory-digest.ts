/**
 * The part of MEMORY.md that every model call carries. All of it where it fits; otherwise every heading, and from each
 * section its newest entries: the last ones, as new facts are added at the end. Sections take turns, so that a long one
 * does not crowd out the others. The rest is one `memory_search` away, which the digest says.
 */
import { linesOf, type Section, sectionsOf } from './markdown.ts';

const NOTE =
  '> This is the most useful part of a longer MEMORY.md. Entries that are left out are marked; memory_search finds them.';

interface Part {
  heading: string | null;
  blocks: string[];
  /** Blocks taken, counted from the last. */
  taken: number;
}

/**
 * @param budgetBytes of UTF-8
 * @returns at most `budgetBytes` of text
 */
export function digestMemory(text: string, budgetBytes: number): string {
  if (Buffer.byteLength(text) <= budgetBytes) return text;
  const lines = linesOf(text);
  const parts = sectionsOf(lines).map((section) => partOf(lines, section));
  let left = budgetBytes - Buffer.byteLength(render(parts));
  const rounds = parts.reduce((most, { blocks }) => Math.max(most, blocks.length), 0);
  for (let round = 0; round < rounds; round++) {
    for (const part of parts) {
      const block = part.blocks.at(-1 - part.taken);
      if (block === undefined) continue;
      const cost = Buffer.byteLength(block) + 1;
      if (cost > left) continue;
      part.taken++;
      left -= cost;
    }
  }
  return cutTo(render(parts), budgetBytes);
}

function partOf(lines: readonly string[], section: Section): Part {
  const heading = section.headingIndex === -1 ? null : (lines[section.headingIndex] ?? '');
  return { heading, blocks: blocksOf(lines.slice(section.start, section.end)), taken: 0 };
}

/** List items with what is indented under them, and single lines of other text. */
function blocksOf(lines: readonly string[]): string[] {
  const blocks: string[] = [];
  for (const line of lines) {
    if (line.trim() === '') continue;
    if (/^\s/.test(line) && blocks.length > 0) blocks.push(`${blocks.pop()}\n${line}`);
    else blocks.push(line);
  }
  return blocks;
}

/** Sections with a note of what is missing; the note's length is reserved even where nothing will be missing. */
function render(parts: readonly Part[]): string {
  const out = [NOTE];
  for (const { heading, blocks, taken } of parts) {
    if (heading !== null) out.push('', heading);
    const missing = blocks.length - taken;
    if (missing > 0) out.push(`(${missing} older left out)`);
    if (taken > 0) out.push(...blocks.slice(-taken));
  }
  return `${out.join('\n')}\n`;
}

/** Cuts between characters: headings alone may be more than the budget. */
function cutTo(text: string, bytes: number): string {
  const buffer = Buffer.from(text);
  if (buffer.length <= bytes) return text;
  let end = bytes;
  while (end > 0 && ((buffer[end] ?? 0) & 0xc0) === 0x80) end--;
  return buffer.toString('utf8', 0, end);
}
