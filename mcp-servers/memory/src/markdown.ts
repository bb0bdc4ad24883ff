/** Markdown as far as memory needs it: headings outside code fences, and the lines that belong to each. */

export interface Section {
  /** Text of the heading; empty for what stands before the first one. */
  title: string;
  /** 1 to 6; 0 before the first heading. */
  level: number;
  /** Index of the heading's line, from 0; -1 before the first heading. */
  headingIndex: number;
  /** Index of the first line of its own text, from 0. */
  start: number;
  /** Index after its last line; the next heading of any level begins here. */
  end: number;
}

const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** Lines without their ends; LF and CRLF alike. */
export function linesOf(text: string): string[] {
  return text.replace(/^\uFEFF/, '').split(/\r?\n/);
}

/** @returns the sections in order; together they cover every line */
export function sectionsOf(lines: readonly string[]): Section[] {
  const sections: Section[] = [{ title: '', level: 0, headingIndex: -1, start: 0, end: lines.length }];
  let fence: string | null = null;
  for (const [index, line] of lines.entries()) {
    const mark = FENCE.exec(line)?.[1];
    if (fence !== null) {
      if (mark?.startsWith(fence)) fence = null;
      continue;
    }
    if (mark !== undefined) {
      fence = mark;
      continue;
    }
    const heading = HEADING.exec(line);
    if (!heading) continue;
    const last = sections.at(-1);
    if (last) last.end = index;
    sections.push({
      title: (heading[2] ?? '').trim(),
      level: heading[1]?.length ?? 1,
      headingIndex: index,
      start: index + 1,
      end: lines.length,
    });
  }
  return sections;
}

/** Whether two names of a section mean the same: case, hash signs and spaces around do not matter. */
export function sameTitle(a: string, b: string): boolean {
  const plain = (title: string): string =>
    title
      .replace(/^[#\s]+|[#\s:]+$/g, '')
      .normalize('NFKC')
      .toLowerCase();
  return plain(a) === plain(b);
}
