/**
 * Looks through the owner's Markdown files for words, where the stack is not there to rank them. A passage is a paragraph with the heading above
 * it; it is found when heading and paragraph together hold every word, whatever their case and accents.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataDirectory } from '../data-directory.ts';

export interface Passage {
  /** Relative to the data directory. */
  file: string;
  /** From 1. */
  line: number;
  heading: string;
  text: string;
  /** When it was said, by whom, and in which conversation it was written down, where that is known. */
  at?: string;
  speaker?: string;
  session?: string;
  title?: string;
}

/** @returns passages, curated memory first, then the daily logs from the newest on */
export async function searchMemory(data: DataDirectory, query: string): Promise<Passage[]> {
  const words = fold(query).split(/\s+/).filter(Boolean);
  const files = ['MEMORY.md', ...(await dailyLogs(data)).toReversed().map((day) => `memory/${day}.md`)];
  const found: Passage[] = [];
  for (const file of files) {
    const text = await readIfThere(join(data.root, file));
    if (text === null) continue;
    for (const passage of passages(text)) {
      const haystack = fold(`${passage.heading}\n${passage.text}`);
      if (words.every((word) => haystack.includes(word))) found.push({ file, ...passage });
    }
  }
  return found;
}

/** @returns the days that have a log, as YYYY-MM-DD, oldest first */
export async function dailyLogs(data: DataDirectory): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(data.dailyLogs);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names.flatMap((name) => /^(\d{4}-\d{2}-\d{2})\.md$/.exec(name)?.[1] ?? []).toSorted();
}

/** @returns the file's text, or null where there is none */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function* passages(text: string): Generator<Omit<Passage, 'file'>> {
  let heading = '';
  let paragraph: string[] = [];
  let begin = 1;
  for (const [index, line] of [...text.split('\n'), ''].entries()) {
    const title = /^#{1,6}\s+(.*)$/.exec(line)?.[1];
    if (title === undefined && line.trim() !== '') {
      if (paragraph.length === 0) begin = index + 1;
      paragraph.push(line);
      continue;
    }
    if (paragraph.length > 0) yield { line: begin, heading, text: paragraph.join('\n') };
    paragraph = [];
    heading = title ?? heading;
  }
}

function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
