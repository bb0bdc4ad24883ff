/** What is different between two texts, by lines; and two edits of one text put together. Pure. */
import { diff3Merge, diffComm } from 'node-diff3';

export interface DiffRow {
  kind: 'same' | 'added' | 'removed' | 'gap';
  /** Of a gap: how many lines are the same and not shown. */
  text: string;
  count?: number;
}

const AROUND = 3; // lines that are shown before and after what is different

export function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}

/** @returns no rows where nothing is different */
export function diffRows(before: string, after: string): DiffRow[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  // What is the same at both ends is most of it, and looking for it line by line costs the square of a text's length.
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const rows: DiffRow[] = a.slice(0, start).map(same);
  for (const part of diffComm(a.slice(start, a.length - end), b.slice(start, b.length - end))) {
    if (part.common) rows.push(...part.common.map(same));
    else {
      rows.push(...part.buffer1.map((text): DiffRow => ({ kind: 'removed', text })));
      rows.push(...part.buffer2.map((text): DiffRow => ({ kind: 'added', text })));
    }
  }
  rows.push(...a.slice(a.length - end).map(same));
  return folded(rows);
}

function same(text: string): DiffRow {
  return { kind: 'same', text };
}

function folded(rows: readonly DiffRow[]): DiffRow[] {
  const near = new Set<number>();
  for (const [index, { kind }] of rows.entries()) {
    if (kind === 'same') continue;
    for (let at = index - AROUND; at <= index + AROUND; at++) near.add(at);
  }
  if (near.size === 0) return [];
  const shown: DiffRow[] = [];
  for (const [index, row] of rows.entries()) {
    const last = shown.at(-1);
    if (near.has(index)) shown.push(row);
    else if (last?.kind === 'gap') last.count = (last.count ?? 0) + 1;
    else shown.push({ kind: 'gap', text: '', count: 1 });
  }
  return shown;
}

export type MergePart =
  /** As it was, or changed by one alone. */
  { kind: 'agreed'; text: string } | { kind: 'conflict'; mine: string; base: string; theirs: string };

/** Two edits of `base` put together; where both changed the same lines, a conflict for their owner to decide. */
export function mergeParts(base: string, mine: string, theirs: string): MergePart[] {
  const [o, a, b] = [linesOf(base), linesOf(mine), linesOf(theirs)];
  return diff3Merge(a, o, b, { excludeFalseConflicts: true }).map((region): MergePart => {
    if (region.conflict) {
      return {
        kind: 'conflict',
        mine: region.conflict.a.join('\n'),
        base: region.conflict.o.join('\n'),
        theirs: region.conflict.b.join('\n'),
      };
    }
    return { kind: 'agreed', text: (region.ok ?? []).join('\n') };
  });
}

export type Choice = 'mine' | 'theirs' | 'both';

/** @param choices for the conflicts, in their order; where one is missing, both are kept */
export function merged(parts: readonly MergePart[], choices: readonly (Choice | undefined)[]): string {
  let conflict = 0;
  return parts
    .flatMap((part) => {
      if (part.kind !== 'conflict') return [part.text];
      const choice = choices[conflict++] ?? 'both';
      if (choice === 'mine') return part.mine === '' ? [] : [part.mine];
      if (choice === 'theirs') return part.theirs === '' ? [] : [part.theirs];
      return [part.mine, part.theirs].filter((text) => text !== '');
    })
    .join('\n');
}
