/**
 * Writes facts down so that the memory stays true to itself: none twice, none silently against another, no warning softened.
 * What contradicts a line stands beside it until the owner has decided, unless he has said that it takes its place.
 */
import { localTime } from '@mobyclaw/lib/local-time';
import type { McpCaller } from '@mobyclaw/mcp/tool';
import type { Doubt } from '@mobyclaw/protocol/memory-doubt';
import { isGuestNotes, type MemoryFileName } from '../memory-file.ts';
import type { Author, MemoryStore } from '../memory-store.ts';
import type { Journal } from '../sources/journal.ts';
import { factLines } from '../sources/line-changes.ts';
import { lineKey, plainLine } from '../sources/line-key.ts';
import { Origins } from '../sources/origins.ts';
import { contradiction } from './contradiction.ts';
import type { Doubts } from './doubts.ts';
import { SoftenedWarningError } from './softened-warning.ts';
import { pastSince } from './until.ts';

const MOST_TOLD = 5; // contradictions of one entry

export interface FactMemory {
  store: MemoryStore;
  journal: Journal;
  doubts: Doubts;
}

export interface NewFact {
  entry: string;
  section: string;
  file: MemoryFileName;
  /** How a file begins that is not there yet. */
  head: string;
}

/** @returns what the tool answers */
export async function remember(memory: FactMemory, fact: NewFact, caller: McpCaller): Promise<string> {
  const { entry, section, file, head } = fact;
  const {
    added,
    present,
    section: heading,
    created,
    text,
  } = await memory.store.append(caller, section, entry, file, head);
  const parts: string[] = [];
  if (added.length > 0) {
    parts.push(`Written to ${file} § ${heading}${created ? ' (a new section)' : ''}:\n${added.join('\n')}`);
  }
  for (const { entry: said, line, number } of present) {
    const place = number === 0 ? 'what you gave has it' : `${file}:${number} says that already`;
    parts.push(`${plainLine(said)}: ${place}; nothing was added. It stands there as: ${plainLine(line)}`);
  }
  if (present.length > 0 && added.length === 0 && entry.trim() !== '') {
    parts.push('If it says something else, write it as a whole sentence with what is different.');
  }
  if (!isGuestNotes(file)) parts.push(...(await noteContradictions(memory, file, text, added, caller)));
  return parts.join('\n') || `${file} § ${heading}: nothing was added.`;
}

/** A fact takes the place of another because the person has said so. @throws ToolError */
export async function replaceFact(
  memory: FactMemory,
  { file, old, is, said }: { file: MemoryFileName; old: string; is: string; said: string },
  caller: McpCaller,
): Promise<string> {
  await asking(memory, caller, () => memory.store.replaceLine(caller, file, old, is, { said }));
  return `${file}: "${plainLine(old)}" is replaced by:\n- ${plainLine(is)}`;
}

/** Notes a warning that was to go or to say less, so that the owner is asked. @throws whatever the change throws */
export async function asking(
  memory: FactMemory,
  caller: McpCaller,
  change: () => Promise<void>,
): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (error instanceof SoftenedWarningError) {
      const { file, old, is } = error;
      await noteDoubt(memory, { kind: 'warning', file, old, is, why: 'it is a warning' }, caller);
    }
    throw error;
  }
}

/** Notes which lines contradict what is new. @returns what to tell the model */
export async function noteContradictions(
  memory: FactMemory,
  file: MemoryFileName,
  text: string,
  added: readonly string[],
  caller: Author,
): Promise<string[]> {
  const standing = factLines(text).filter((line) => !added.includes(line));
  const told: string[] = [];
  let origins: Origins | undefined;
  for (const [at, is] of added.entries()) {
    for (const old of [...standing, ...added.slice(0, at)]) {
      const why = contradiction(old, is);
      if (why === null || told.length === MOST_TOLD) continue;
      origins ??= new Origins(await memory.journal.read());
      const oldOn = writtenOn(origins, file, old, memory.store.timeZone);
      if (pastSince(old, oldOn, memory.store.today().date) !== null) continue;
      await noteDoubt(memory, { kind: 'contradiction', file, old, is, why }, caller, oldOn);
      told.push(
        `Both stand now, with their days, and the owner will be asked: "${plainLine(old)}" (${oldOn ?? 'day not known'}) and "${plainLine(is)}" (today); ${why}. If he has said that the new one takes the place of the old one, call memory_append again with replaces and person_said.`,
      );
    }
  }
  return told;
}

/** @returns the day as YYYY-MM-DD; null where it is not known */
export function writtenOn(origins: Origins, file: string, line: string, timeZone: string): string | null {
  const { source } = origins.of(file, line, null, new Set([lineKey(line)]));
  return source === null ? null : localTime(Date.parse(source.at), timeZone).date;
}

/** Keeps what only the owner can decide until he is asked. @param oldOn the day of the old line, where it was looked up already */
export async function noteDoubt(
  { store, journal, doubts }: FactMemory,
  doubt: Pick<Doubt, 'kind' | 'file' | 'old' | 'is' | 'why'>,
  { turn, session }: Author,
  oldOn?: string | null,
): Promise<void> {
  const on =
    oldOn === undefined
      ? writtenOn(new Origins(await journal.read()), doubt.file, doubt.old, store.timeZone)
      : oldOn;
  await doubts.add({
    ...doubt,
    oldOn: on,
    at: new Date(store.now).toISOString(),
    ...(turn === undefined ? {} : { turn }),
    ...(session === undefined ? {} : { session }),
  });
}
