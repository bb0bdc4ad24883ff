/**
 * Answers "why do you remember that?": the lines that are about some words, each with where it comes from, and what was written
 * about them and stands nowhere any more.
 */
import type { GoneLine, WhyAnswer, WhyLine } from '@mobyclaw/protocol/memory-source';
import { tellingWords } from '@mobyclaw/recall/stop-words';
import { formsOf, plainWords } from '@mobyclaw/recall/words';
import { linesOf } from '../markdown.ts';
import { dayOf, type MemoryFileName } from '../memory-file.ts';
import type { SearchIndex } from '../search/search-index.ts';
import type { Journal } from './journal.ts';
import { factLines } from './line-changes.ts';
import { lineKey, plainLine } from './line-key.ts';
import { Origins, sourceOf } from './origins.ts';

const MOST_LINES = 10;
const ABOUT_IT = 0.6; // of what was asked for, by what its words tell

export interface WhyOptions {
  index: SearchIndex;
  journal: Journal;
  /** @returns null where the file is not there, or cannot be read as text */
  read: (name: MemoryFileName) => Promise<string | null>;
  /** Today in the owner's time zone, as YYYY-MM-DD. */
  today: string;
  /** The only file that is told of; null: all. */
  only: MemoryFileName | null;
}

export async function why(
  query: string,
  { index, journal, read, today, only }: WhyOptions,
): Promise<WhyAnswer> {
  const origins = new Origins(await journal.read());
  const { hits } = await index.search({
    phrasings: [query],
    limit: MOST_LINES,
    today,
    notes: only ?? 'all',
  });
  const lines: WhyLine[] = [];
  for (const { file, line, coverage } of hits) {
    if (coverage < ABOUT_IT || (only !== null && file !== only)) continue;
    const text = (await read(file)) ?? '';
    const found = linesOf(text)[line - 1];
    if (found === undefined) continue; // changed since it was indexed
    const present = new Set(factLines(text).map(lineKey));
    lines.push({ file, line, text: plainLine(found), ...origins.of(file, found, dayOf(file), present) });
  }
  return { query, since: origins.since, lines, gone: await goneLines(query, origins, read, only) };
}

async function goneLines(
  query: string,
  origins: Origins,
  read: WhyOptions['read'],
  only: MemoryFileName | null,
): Promise<GoneLine[]> {
  const asked = tellingWords(plainWords(query)).flatMap(formsOf);
  const about = [...origins.written].filter(({ line, change }) => {
    if (only !== null && change.file !== only) return false;
    const forms = new Set(plainWords(line).flatMap(formsOf));
    return asked.length > 0 && asked.every((form) => forms.has(form));
  });
  const gone: GoneLine[] = [];
  const texts = new Map<string, string[]>();
  for (const written of about.toReversed()) {
    const { file } = written.change;
    let present = texts.get(file);
    if (!present) {
      present = factLines((await read(file as MemoryFileName)) ?? '');
      texts.set(file, present);
    }
    const keys = new Set(present.map(lineKey));
    if (keys.has(lineKey(written.line))) continue;
    if (present.some((line) => origins.of(file, line, null, keys).written === written.line)) continue;
    const removal = origins.removalOf(written);
    gone.push({
      file,
      text: plainLine(written.line),
      source: sourceOf(written.change),
      removed: removal && sourceOf(removal),
    });
    if (gone.length === MOST_LINES) break;
  }
  return gone;
}
