/** Lines of memory compared by what they say: marks of lists, emphasis, case and spaces do not count. */
import { createHash } from 'node:crypto';
import { tellingWords } from '@mobyclaw/recall/stop-words';
import { plainWords } from '@mobyclaw/recall/words';

const MARK = /^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?/;

/** @returns the text of a line without its mark of a list */
export function plainLine(line: string): string {
  return line.replace(MARK, '').trim().replace(/\s+/g, ' ');
}

/** Equal for lines that say the same in the same words; empty for a line without words. */
export function lineKey(line: string): string {
  return plainWords(line.replace(MARK, '')).join(' ');
}

/** A key as it is kept of lines whose text is nobody's business here. */
export function fingerprint(line: string): string {
  return createHash('sha256').update(lineKey(line)).digest('base64url').slice(0, 12);
}

/** How many telling words two lines share, counted as often as they stand: 1 where all of them, 0 where none. */
export function sharedWords(a: string, b: string): number {
  const left = tellingWords(plainWords(a));
  const right = tellingWords(plainWords(b));
  const counts = new Map<string, number>();
  for (const word of left) counts.set(word, (counts.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of right) {
    const count = counts.get(word) ?? 0;
    if (count === 0) continue;
    shared++;
    counts.set(word, count - 1);
  }
  return (2 * shared) / (left.length + right.length);
}
