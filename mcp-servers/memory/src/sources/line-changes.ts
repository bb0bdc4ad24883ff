/** Which lines a change of a text puts there and which it takes away. Headings and empty lines are no facts. */
import { linesOf } from '../markdown.ts';
import { lineKey, sharedWords } from './line-key.ts';

const HEADING = /^ {0,3}#{1,6}(?:\s|$)/;
const TAKES_PLACE = 0.25; // of the words of two lines: below, one was removed and another came

export interface LineChanges {
  wrote: { line: string; was?: string }[];
  removed: string[];
}

/** @returns null where no line of words changes */
export function lineChanges(before: string, after: string): LineChanges | null {
  const removed = countedLines(before);
  const added: string[] = [];
  for (const line of factLines(after)) {
    const left = removed.get(line) ?? 0;
    if (left > 0) removed.set(line, left - 1);
    else added.push(line);
  }
  const gone = [...removed].flatMap(([line, count]) => Array.from({ length: count }, () => line));
  const wrote = added.map((line) => {
    const isOnly = added.length === 1 && gone.length === 1;
    const was = isOnly ? gone.pop() : takenPlace(line, gone);
    return was === undefined ? { line } : { line, was };
  });
  return wrote.length === 0 && gone.length === 0 ? null : { wrote, removed: gone };
}

export function factLines(text: string): string[] {
  return linesOf(text).filter((line) => !HEADING.test(line) && lineKey(line) !== '');
}

/** Takes the line that this one is most like out of those that are gone. */
function takenPlace(line: string, gone: string[]): string | undefined {
  let best = -1;
  let most = TAKES_PLACE;
  for (const [at, candidate] of gone.entries()) {
    const shared = sharedWords(line, candidate);
    if (shared < most) continue;
    best = at;
    most = shared;
  }
  return best === -1 ? undefined : gone.splice(best, 1)[0];
}

function countedLines(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of factLines(text)) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}
