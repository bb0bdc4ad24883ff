/** In which conversation the lines that a search has found were written down. */
import { linesOf } from '../markdown.ts';
import { dayOf, type MemoryFileName } from '../memory-file.ts';
import type { Journal } from './journal.ts';
import { factLines } from './line-changes.ts';
import { lineKey } from './line-key.ts';
import { Origins } from './origins.ts';

/**
 * @param read null where the file is not there, or cannot be read as text
 * @returns for each hit its conversation; undefined where that is not known
 */
export async function sessionsOf(
  hits: readonly { file: MemoryFileName; line: number }[],
  journal: Journal,
  read: (name: MemoryFileName) => Promise<string | null>,
): Promise<(string | undefined)[]> {
  const origins = new Origins(await journal.read());
  const texts = new Map<MemoryFileName, { lines: string[]; present: Set<string> }>();
  const sessions: (string | undefined)[] = [];
  for (const { file, line } of hits) {
    let known = texts.get(file);
    if (known === undefined) {
      const text = (await read(file)) ?? '';
      known = { lines: linesOf(text), present: new Set(factLines(text).map(lineKey)) };
      texts.set(file, known);
    }
    const found = known.lines[line - 1];
    const origin = found === undefined ? null : origins.of(file, found, dayOf(file), known.present);
    sessions.push(origin?.source?.session);
  }
  return sessions;
}
