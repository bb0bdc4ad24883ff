/** What the tools answer, as text for the model: short, with file names and line numbers that other tools accept. */

import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { cutText } from '@mobyclaw/lib/cut-text';
import { localTime } from '@mobyclaw/lib/local-time';
import { linesOf, sectionsOf } from './markdown.ts';
import { dayOf, isGuestNotes, MEMORY, type MemoryFileName, readMemoryFile } from './memory-file.ts';
import { memoryFiles } from './search/changed-files.ts';
import type { Hit, SearchAnswer } from './search/search-index.ts';

const MAX_LISTED_LOGS = 30;
const MAX_READ_CHARS = 40_000; // agents cut tool results at about 50 KB; better to cut at a line and to say so
const MAX_SNIPPET_CHARS = 700;
const MAX_NEIGHBOUR_CHARS = 200; // enough to see what the passage was about
const WEAK = 0.5; // of what was asked for, by what its words tell

/** @param nothing what to say where nothing was found @param marks what is to be known of a hit beside its words */
export function searchReport(answer: SearchAnswer, nothing: string, marks: ReadonlyMap<Hit, string>): string {
  const { hits, files, unread, missing } = answer;
  const parts = hits.map((hit, at) => hitText(hit, hits.slice(0, at), marks.get(hit)));
  if (parts.length === 0) parts.push(nothing);
  else if (Math.max(...hits.map(({ coverage }) => coverage)) < WEAK) {
    parts.push('No passage has most of what was asked for; these share single words with it.');
  }
  if (files.length > 1 && hits.length > 1) parts.push(`Most about it as a whole: ${files.join(', ')}.`);
  if (unread.length > 0) parts.push(`Not searched: ${unread.join(' ')}`);
  if (missing.files > 0) {
    parts.push(
      `Not searched yet: ${missing.files} of ${missing.of} files, of which the index is being made. Search again in a moment.`,
    );
  }
  return parts.join('\n\n');
}

function hitText(hit: Hit, above: readonly Hit[], mark: string | undefined): string {
  const { file, line, section, snippet, at, speaker, before, after, score } = hit;
  const shown = new Set(above.map((one) => one.snippet));
  const neighbour = (which: string, text: string | null): string =>
    text === null || shown.has(text) ? '' : `\n(${which}: ${oneLine(text)})`;
  const head = [
    `${file}:${line}${section ? ` § ${section}` : ''}`,
    ...(isGuestNotes(file) ? ['a guest’s words'] : []),
    ...(at === null || file.includes(at) ? [] : [`said ${at}`]),
    ...(speaker === null ? [] : [`by ${speaker}`]),
    ...(mark === undefined ? [] : [mark]),
    `score ${score.toFixed(2)}`,
  ];
  const text = snippet.length > MAX_SNIPPET_CHARS ? `${cutText(snippet, MAX_SNIPPET_CHARS)}…` : snippet;
  return `[${head.join(', ')}]\n${text}${neighbour('before', before)}${neighbour('after', after)}`;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_NEIGHBOUR_CHARS ? `${cutText(line, MAX_NEIGHBOUR_CHARS)}…` : line;
}

/** What there is in memory: sections of MEMORY.md with the number of their entries, other notes, the newest logs. */
export async function listReport(
  home: string,
  timeZone: string,
  isVisible: (name: MemoryFileName) => boolean,
): Promise<string> {
  const files = memoryFiles(home)
    .filter(isVisible)
    .filter((name) => lstatSync(join(home, name), { throwIfNoEntry: false }));
  const logs = files
    .filter((name) => dayOf(name) !== null)
    .sort()
    .reverse();
  const out: string[] = [await sectionReport(home), '', 'Files:'];
  for (const name of files.filter((file) => dayOf(file) === null))
    out.push(`- ${name}, ${isGuestNotes(name) ? 'a guest’s words, ' : ''}${sizeOf(home, name, timeZone)}`);
  out.push('', logs.length === 0 ? 'No daily logs yet.' : `Daily logs (${logs.length}), newest first:`);
  for (const name of logs.slice(0, MAX_LISTED_LOGS)) out.push(`- ${name}, ${sizeOf(home, name, timeZone)}`);
  if (logs.length > MAX_LISTED_LOGS) {
    out.push(`- and ${logs.length - MAX_LISTED_LOGS} older ones, back to ${logs.at(-1)}`);
  }
  return out.join('\n');
}

/** Sections of MEMORY.md in one paragraph. @throws ToolError where it cannot be read */
export async function sectionReport(home: string): Promise<string> {
  const text = await readMemoryFile(home, MEMORY as MemoryFileName);
  if (text === null) return `${MEMORY} does not exist yet; memory_append makes it.`;
  const lines = linesOf(text);
  const titles = sectionsOf(lines)
    .filter((section) => section.level > 1)
    .map(({ title, start, end }) => {
      const entries = lines.slice(start, end).filter((line) => /^\s*([-*+]|\d+[.)])\s/.test(line)).length;
      return `${title} (${entries})`;
    });
  return titles.length === 0
    ? `${MEMORY} has no sections yet.`
    : `Sections of ${MEMORY}, with the number of their entries: ${titles.join(', ')}.`;
}

/**
 * Numbered lines of a text, as many as one answer can carry.
 * @param fromLine from 1
 */
export function readReport(name: string, text: string, fromLine: number, maxLines: number): string {
  const lines = linesOf(text);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) return `${name} is empty.`;
  if (fromLine > lines.length) return `${name} has ${lines.length} lines only.`;
  const shown: string[] = [];
  let chars = 0;
  for (const line of lines.slice(fromLine - 1, fromLine - 1 + maxLines)) {
    chars += line.length + 1;
    if (chars > MAX_READ_CHARS && shown.length > 0) break;
    shown.push(cutText(line, MAX_READ_CHARS));
  }
  const last = fromLine - 1 + shown.length;
  const rest = last < lines.length ? ` Go on with from_line ${last + 1}.` : '';
  return `${name}, lines ${fromLine} to ${last} of ${lines.length}.${rest}\n\n${shown.join('\n')}`;
}

function sizeOf(home: string, name: string, timeZone: string): string {
  const { size, mtime } = lstatSync(join(home, name));
  const { date, time } = localTime(mtime.getTime(), timeZone);
  return `${size} bytes, changed ${date} ${time}`;
}
