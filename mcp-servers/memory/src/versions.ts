/**
 * The version before each change, under `memory/.versions/<file>/<time>.md` (`.yaml` of soul.yaml), for the owner to look at
 * or copy back. The number kept is bounded; a daily log, which only grows, and what a guest writes keep fewer.
 */
import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { mkdir, readdir, readFile, unlink } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import type { FileVersion } from '@mobyclaw/protocol/memory-file';
import { dayOf, decodeText, isGuestNotes, type MemoryFileName } from './memory-file.ts';

/** A file besides the memory that a program changes: a rule at a time (soul/soul-rules.ts). */
export const SOUL = 'soul.yaml';
/** What Moby may reach, which the owner also changes by an answer. */
export const EGRESS = 'egress.yaml';

const KEPT = 50;
const KEPT_OF_LESSER = 5;

const VERSION_FORM = /^\d{4}-\d\d-\d\dT\d\d_\d\d_\d\d\.\d{3}Z\.(?:md|yaml)$/;

const HOUR_MS = 3_600_000;
/** How long one of each minute, hour and day is kept; `characters` of `2026-01-31T12_30_…` tell which it is. */
const THINNED = [
  { forMs: HOUR_MS, characters: 16 },
  { forMs: 48 * HOUR_MS, characters: 13 },
  { forMs: 30 * 24 * HOUR_MS, characters: 10 },
];

/**
 * @param nowMs names the version, in milliseconds since the epoch
 * @throws the file system's error; the change must then not be made
 */
export async function keepVersion(
  home: string,
  name: MemoryFileName | typeof SOUL | typeof EGRESS,
  bytes: Uint8Array,
  nowMs: number,
): Promise<void> {
  const folder = folderOf(home, name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const end = extname(name);
  const kept = (await readdir(folder)).filter((file) => file.endsWith(end)).sort();
  const file = nextName(nowMs, kept.at(-1)) + end;
  await writeFileAtomic(join(folder, file), bytes);
  const isLesser = name !== SOUL && name !== EGRESS && (dayOf(name) !== null || isGuestNotes(name));
  const limit = isLesser ? KEPT_OF_LESSER : KEPT;
  for (const old of superfluous([...kept, file], limit, nowMs)) await unlink(join(folder, old));
}

/** @returns those that are kept, the newest first */
export async function listVersions(
  home: string,
  name: MemoryFileName | typeof SOUL | typeof EGRESS,
): Promise<FileVersion[]> {
  const folder = folderOf(home, name);
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  const kept = (await readdir(folder)).filter(
    (file) => VERSION_FORM.test(file) && file.endsWith(extname(name)),
  );
  return kept
    .toSorted()
    .toReversed()
    .flatMap((file) => {
      const stat = lstatSync(join(folder, file), { throwIfNoEntry: false });
      return stat?.isFile() ? [{ at: new Date(timeOf(file)).toISOString(), bytes: stat.size }] : [];
    });
}

/**
 * @param at as listed
 * @returns null where it is not kept any more
 * @throws ToolError where it is no text
 */
export async function readVersion(
  home: string,
  name: MemoryFileName | typeof SOUL | typeof EGRESS,
  at: string,
): Promise<string | null> {
  const file = `${new Date(at).toISOString().replaceAll(':', '_')}${extname(name)}`;
  const path = join(folderOf(home, name), file);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return null;
  return decodeText(await readFile(path), `the version of ${name}`);
}

function folderOf(home: string, name: MemoryFileName | typeof SOUL | typeof EGRESS): string {
  return join(home, 'memory', '.versions', name.replace(/^memory\//, ''));
}

/** @returns the newest version that was kept of a file and that a hash belongs to, as text; null where there is none */
export async function findVersion(home: string, name: MemoryFileName, hash: string): Promise<string | null> {
  for (const { at } of await listVersions(home, name)) {
    const text = await readVersion(home, name, at);
    if (text !== null && hashOf(text) === hash) return text;
  }
  return null;
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * Beyond the newest, the first of each minute, hour and day stays for a while: it holds what stood there before, also where
 * something has changed the file a thousand times within seconds.
 */
function superfluous(names: readonly string[], limit: number, nowMs: number): string[] {
  const seen = new Set<string>();
  const first = (limit === KEPT ? names : []).filter((name) => {
    const age = nowMs - timeOf(name);
    const bucket = THINNED.find(({ forMs }) => age <= forMs);
    if (bucket === undefined) return false;
    const key = name.slice(0, bucket.characters);
    return !seen.has(key) && seen.add(key);
  });
  const stays = new Set([...first, ...names.slice(-Math.max(1, limit - first.length))]);
  return names.filter((name) => !stays.has(name));
}

/** Sorts after `last` even where the clock stands still or was set back. */
function nextName(nowMs: number, last: string | undefined): string {
  const lastMs = last === undefined ? Number.NaN : timeOf(last);
  const at = Number.isNaN(lastMs) ? nowMs : Math.max(nowMs, lastMs + 1);
  return new Date(at).toISOString().replaceAll(':', '_');
}

function timeOf(name: string): number {
  return Date.parse(name.replace(/\.(?:md|yaml)$/, '').replaceAll('_', ':'));
}
