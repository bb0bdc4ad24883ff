/**
 * Follows log files by looking at them a few times a second, which works on every file system. A file that was set aside
 * is read to its end before the new one is begun, so no line is lost in a rotation.
 */
import { open } from 'node:fs/promises';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { DataDirectory } from '../data-directory.ts';
import { type LogEntry, parseEntry } from './log-entry.ts';
import { logParts, logPath, type Position } from './log-files.ts';

const POLL_MS = 200;

export interface FollowOptions {
  data: DataDirectory;
  /** `all`: also those that appear later. */
  parts: readonly string[] | 'all';
  positions: Map<string, Position>;
  show: (entry: LogEntry) => void;
  clock: Clock;
  signal: AbortSignal;
}

/** Resolves when `signal` is aborted. */
export async function followLogs({
  data,
  parts,
  positions,
  show,
  clock,
  signal,
}: FollowOptions): Promise<void> {
  while (!signal.aborted) {
    const entries: LogEntry[] = [];
    for (const part of parts === 'all' ? await logParts(data) : parts) {
      const { lines, position } = await newLines(logPath(data, part), positions.get(part));
      positions.set(part, position);
      for (const line of lines) entries.push(parseEntry(part, line, clock.now()));
    }
    entries.sort((a, b) => a.at - b.at);
    for (const entry of entries) show(entry);
    await pause(clock, POLL_MS, signal);
  }
}

async function newLines(
  path: string,
  before: Position | undefined,
): Promise<{ lines: string[]; position: Position }> {
  const current = await readNew(path, before);
  if (!before || before.inode === 0 || current?.position.inode === before.inode) {
    return current ?? { lines: [], position: before ?? { inode: 0, offset: 0 } };
  }
  const aside = await readNew(`${path}.1`, before);
  const rest = aside?.position.inode === before.inode ? aside.lines : [];
  if (!current) return { lines: [], position: before }; // between being set aside and being begun anew
  return { lines: [...rest, ...current.lines], position: current.position };
}

/** Reads the complete lines after `before`, or from the start where that was another file. @returns null without a file */
async function readNew(
  path: string,
  before: Position | undefined,
): Promise<{ lines: string[]; position: Position } | null> {
  await using file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!file) return null;
  const { size, ino } = await file.stat();
  // Another file, or one that the owner emptied, is read from its start.
  const from = before?.inode === ino && before.offset <= size ? before.offset : 0;
  const bytes = Buffer.alloc(size - from);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
  const end = bytes.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
  const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
  return { lines, position: { inode: ino, offset: from + end } };
}
