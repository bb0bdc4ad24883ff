/**
 * Reads a skill's folder into memory, whole: what is looked at, hashed, shown and published are these bytes, whatever becomes
 * of the folder meanwhile. Ordinary files alone are read; a link, a device, a pipe or too much of anything refuses the skill.
 * Entries whose name begins with a dot, such as `.git`, are no part of a skill: they are neither read nor published.
 */
import { createHash } from 'node:crypto';
import { lstat, opendir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { HeldFolder } from '../held-folder.ts';
import { parseSkillFile, SKILL_FILE, SkillError, type SkillFile } from './skill-file.ts';

export const MOST_SKILL_FILES = 100;
export const MOST_SKILL_BYTES = 4_000_000;
const MOST_FILE_BYTES = 1_000_000;
const MOST_SKILL_FILE_BYTES = 100_000; // some 25,000 tokens, which is more than a model should be told at once
const MOST_DEPTH = 5;
const MOST_ENTRIES = 1000; // of one folder, those with a dot included
const MOST_NAME_BYTES = 120;

export interface SkillEntry {
  bytes: Uint8Array;
  executable: boolean;
}

export interface Skill extends SkillFile {
  /** By path from the folder, with `/`, in order. */
  files: ReadonlyMap<string, SkillEntry>;
}

/** @returns the hash of a file that a lock keeps; another where it may be executed */
export function entryHash({ bytes, executable }: SkillEntry): string {
  return `sha256-${createHash('sha256').update(bytes).digest('hex')}${executable ? '+x' : ''}`;
}

/**
 * @param name that it must have; the folder's own unless given
 * @throws SkillError; the file system's error
 */
export async function readSkill(folder: string, name = basename(resolve(folder))): Promise<Skill> {
  const stat = await lstat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      throw new SkillError(`There is no folder ${folder}.`);
    throw error;
  });
  if (!stat.isDirectory()) throw new SkillError(`${name} is no folder, but ${kindOf(stat)}.`);
  const held = await HeldFolder.root(folder);
  const files = new Map<string, SkillEntry>();
  try {
    await readInto(files, held, '', 1);
  } finally {
    await held.close();
  }
  return skillOf(files, name);
}

/**
 * A skill made of files that were read elsewhere, such as of an archive: the same rules hold.
 * @throws SkillError
 */
export function skillOf(read: ReadonlyMap<string, SkillEntry>, name: string): Skill {
  const files = new Map([...read].sort(([a], [b]) => (a < b ? -1 : 1)));
  const seen = new Map<string, string>();
  let bytes = 0;
  for (const [path, entry] of files) {
    const fault = pathFault(path);
    if (fault !== null) throw new SkillError(`A file's path ${fault}: ${JSON.stringify(path)}.`);
    const plain = path.toLowerCase();
    const twin = seen.get(plain);
    if (twin !== undefined)
      throw new SkillError(`${twin} and ${path} are one file where capitals do not count.`);
    seen.set(plain, path);
    checkSize(path, entry.bytes.length);
    bytes += entry.bytes.length;
  }
  checkTotals(files.size, bytes);
  const own = files.get(SKILL_FILE);
  if (own === undefined) {
    const other = seen.get(SKILL_FILE.toLowerCase());
    throw new SkillError(
      other ? `${other} must be named ${SKILL_FILE}.` : `There is no ${SKILL_FILE} in ${name}.`,
    );
  }
  const file = parseSkillFile(own.bytes);
  if (file.name !== name) {
    throw new SkillError(
      `Its folder is named ${JSON.stringify(name)}, its ${SKILL_FILE} says ${file.name}. Both must be the same.`,
    );
  }
  return { ...file, files };
}

/** @returns what is wrong with a path within a skill; null where it may be one */
export function pathFault(path: string): string | null {
  const names = path.split('/');
  if (names.length > MOST_DEPTH) return `lies more than ${MOST_DEPTH} folders deep`;
  for (const name of names) {
    if (name === '' || name.startsWith('.')) return 'has a name that is empty or begins with a dot';
    if (Buffer.byteLength(name) > MOST_NAME_BYTES) return `has a name of more than ${MOST_NAME_BYTES} bytes`;
    // Letters of one alphabet alone: a name that looks like another one is not told apart by who approves it.
    if (!/^[\w .,+()@=-]+$/.test(name) || name !== name.trim())
      return 'has a sign that is no letter a to z, digit, or one of _ - . , + ( ) @ =';
  }
  return null;
}

async function readInto(
  files: Map<string, SkillEntry>,
  folder: HeldFolder,
  above: string,
  depth: number,
): Promise<void> {
  if (depth > MOST_DEPTH) throw new SkillError(`${above} lies more than ${MOST_DEPTH} folders deep.`);
  for (const name of await namesOf(folder, above)) {
    const path = `${above}${name}`;
    const stat = await lstat(folder.at(name));
    if (stat.isDirectory()) {
      const inner = await folder.openFolder(name);
      try {
        await readInto(files, inner, `${path}/`, depth + 1);
      } finally {
        await inner.close();
      }
      continue;
    }
    if (!stat.isFile())
      throw new SkillError(`${path} is ${kindOf(stat)}. Only files and folders may be in a skill.`);
    checkSize(path, stat.size);
    files.set(path, await readEntry(folder, name, path));
    checkTotals(
      files.size,
      [...files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
  }
}

async function namesOf(folder: HeldFolder, above: string): Promise<string[]> {
  const names: string[] = [];
  let entries = 0;
  // One character a byte, so that a name that is no UTF-8 is seen as it is.
  for await (const { name } of await opendir(folder.path, { encoding: 'latin1' })) {
    if (++entries > MOST_ENTRIES)
      throw new SkillError(`There are more than ${MOST_ENTRIES} entries in a folder of it.`);
    if (name.startsWith('.')) continue;
    const fault = pathFault(name);
    if (fault !== null) {
      const shown = JSON.stringify(above + Buffer.from(name, 'latin1').toString());
      throw new SkillError(`A file's path ${fault}: ${shown}.`);
    }
    names.push(name);
  }
  return names.sort();
}

async function readEntry(folder: HeldFolder, name: string, path: string): Promise<SkillEntry> {
  const handle = await folder.open(name);
  try {
    const stat = await handle.stat();
    if (!stat.isFile())
      throw new SkillError(`${path} is ${kindOf(stat)}. Only files and folders may be in a skill.`);
    checkSize(path, stat.size);
    const buffer = Buffer.alloc(stat.size + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > stat.size) throw new SkillError(`${path} was being written while it was read. Try again.`);
    return { bytes: buffer.subarray(0, length), executable: (stat.mode & 0o100) !== 0 };
  } finally {
    await handle.close();
  }
}

function checkSize(path: string, bytes: number): void {
  const most = path === SKILL_FILE ? MOST_SKILL_FILE_BYTES : MOST_FILE_BYTES;
  if (bytes > most) throw new SkillError(`${path} has ${bytes} bytes, which is more than ${most}.`);
}

function checkTotals(files: number, bytes: number): void {
  if (files > MOST_SKILL_FILES) throw new SkillError(`It has more than ${MOST_SKILL_FILES} files.`);
  if (bytes > MOST_SKILL_BYTES)
    throw new SkillError(`Its files have more than ${MOST_SKILL_BYTES} bytes together.`);
}

interface Kind {
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isDirectory(): boolean;
  isFile(): boolean;
}

function kindOf(stat: Kind): string {
  if (stat.isSymbolicLink()) return 'a link';
  if (stat.isFIFO()) return 'a pipe';
  if (stat.isSocket()) return 'a socket';
  if (stat.isFile()) return 'a file';
  return stat.isDirectory() ? 'a folder' : 'a device';
}
