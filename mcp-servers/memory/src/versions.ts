/**
 * The version before each change, under `memory/.versions/<file>/<time>.md`, for the owner to look at or copy back. The
 * number kept is bounded; a daily log, which only grows, and what a guest writes keep fewer.
 */
import { mkdir, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { dayOf, isGuestNotes, type MemoryFileName } from './memory-file.ts';

const KEPT = 50;
const KEPT_OF_LESSER = 5;

/**
 * @param nowMs names the version, in milliseconds since the epoch
 * @throws the file system's error; the change must then not be made
 */
export async function keepVersion(
  home: string,
  name: MemoryFileName,
  bytes: Uint8Array,
  nowMs: number,
): Promise<void> {
  const folder = join(home, 'memory', '.versions', name.replace(/^memory\//, ''));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kept = (await readdir(folder)).filter((file) => file.endsWith('.md')).sort();
  const file = nextName(nowMs, kept.at(-1));
  await writeFileAtomic(join(folder, file), bytes);
  const limit = dayOf(name) === null && !isGuestNotes(name) ? KEPT : KEPT_OF_LESSER;
  for (const old of kept.slice(0, Math.max(0, kept.length + 1 - limit))) await unlink(join(folder, old));
}

/** Sorts after `last` even where the clock stands still or was set back. */
function nextName(nowMs: number, last: string | undefined): string {
  const lastMs = last === undefined ? Number.NaN : Date.parse(last.replace(/\.md$/, '').replaceAll('_', ':'));
  const at = Number.isNaN(lastMs) ? nowMs : Math.max(nowMs, lastMs + 1);
  return `${new Date(at).toISOString().replaceAll(':', '_')}.md`;
}
