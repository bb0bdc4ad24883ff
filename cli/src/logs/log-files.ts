/** The log files `logs/<part>.log`, with `.1`, `.2` … as the ones set aside before, and reading their ends. */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataDirectory } from '../data-directory.ts';
import { type LogEntry, parseEntry } from './log-entry.ts';

const BLOCK_BYTES = 64 * 1024;

/** Where reading has come to in a file. */
export interface Position {
  inode: number;
  offset: number;
}

/** @returns the parts that have a log, by name */
export async function logParts(data: DataDirectory): Promise<string[]> {
  return (await namesIn(data.logs)).flatMap((name) => /^([\w-]+)\.log$/.exec(name)?.[1] ?? []).toSorted();
}

export function logPath(data: DataDirectory, part: string): string {
  return join(data.logs, `${part}.log`);
}

/** @returns the last `count` lines over all `parts`, in the order of time, and where each file ended */
export async function lastEntries(
  data: DataDirectory,
  parts: readonly string[],
  count: number,
): Promise<{ entries: LogEntry[]; positions: Map<string, Position> }> {
  const positions = new Map<string, Position>();
  const entries: LogEntry[] = [];
  for (const part of parts) {
    const { lines, position } = await lastLines(logPath(data, part), count);
    positions.set(part, position);
    const older =
      lines.length < count ? (await lastLines(`${logPath(data, part)}.1`, count - lines.length)).lines : [];
    let at = 0;
    for (const line of [...older, ...lines]) {
      const entry = parseEntry(part, line, at);
      at = entry.at;
      entries.push(entry);
    }
  }
  entries.sort((a, b) => a.at - b.at); // stable: lines of one part keep their order
  return { entries: count === 0 ? [] : entries.slice(-count), positions };
}

/** Reads backwards by blocks, so that a large log costs no more than its end. A line not yet finished is left out. */
async function lastLines(path: string, count: number): Promise<{ lines: string[]; position: Position }> {
  await using file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!file) return { lines: [], position: { inode: 0, offset: 0 } };
  const { size, ino } = await file.stat();
  let start = size;
  let bytes = Buffer.alloc(0);
  while (start > 0 && newlines(bytes) <= count) {
    const length = Math.min(BLOCK_BYTES, start);
    start -= length;
    const block = Buffer.alloc(length);
    await file.read(block, 0, length, start);
    bytes = Buffer.concat([block, bytes]);
  }
  const end = bytes.lastIndexOf(0x0a) + 1;
  const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
  if (start > 0) lines.shift(); // begins in the middle
  return {
    lines: count === 0 ? [] : lines.slice(-count),
    position: { inode: ino, offset: start + end },
  };
}

function newlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) count++;
  return count;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
