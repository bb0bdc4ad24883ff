/** Puts an entry at the end of a section of MEMORY.md. Pure; the rest of the text stays as it is, byte for byte. */
import { linesOf, sameTitle, sectionsOf } from './markdown.ts';

const LIST_ITEM = /^\s*([-*+]|\d+[.)])\s/;

export interface Appended {
  text: string;
  /** Lines that were not there yet. */
  added: string[];
  /** Heading as it stands in the text. */
  section: string;
  created: boolean;
}

/**
 * @param entry one fact a line; each becomes a list item, and one that the section has already is left out
 * @param section heading to put it under; made at the end of the text where it is missing
 */
export function appendToSection(text: string, section: string, entry: string): Appended {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const items = entry
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '')
    .map((line) => (LIST_ITEM.test(line) ? line : `- ${line.trim()}`));
  const lines = linesOf(text);
  const target = sectionsOf(lines).find((found) => found.level > 0 && sameTitle(found.title, section));
  const present = new Set(target ? lines.slice(target.start, target.end).map(normalized) : []);
  const added = items.filter((item) => {
    const key = normalized(item);
    if (present.has(key)) return false;
    present.add(key);
    return true;
  });
  const title = target?.title ?? section.replace(/^[#\s]+|[#\s]+$/g, '');
  if (added.length === 0) return { text, added, section: title, created: false };
  if (!target) {
    const before = text.trimEnd() === '' ? '' : `${text.replace(/\s+$/, '')}${newline}${newline}`;
    const block = [`## ${title}`, '', ...added, ''].join(newline);
    return { text: before + block, added, section: title, created: true };
  }
  let at = target.end;
  while (at > target.start && lines[at - 1]?.trim() === '') at--;
  const gap = at === target.start || !LIST_ITEM.test(lines[at - 1] ?? '') ? [''] : [];
  const tail = lines.slice(at);
  const rest = tail.some((line) => line.trim() !== '') ? tail : [''];
  const bom = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const joined = [...lines.slice(0, at), ...gap, ...added, ...rest].join(newline);
  return { text: bom + joined, added, section: title, created: false };
}

function normalized(line: string): string {
  return line.trim().replace(/\s+/g, ' ');
}
