/**
 * What the owner has approved of a skill, kept byte for byte in `skills/.versions/<name>/<digest>/`, so that he can go back to it
 * and is shown what a changed one differs in. The lock says which versions there are and holds the hash of each file: bytes that
 * are other ones by now are neither shown nor put back.
 */
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SKILLS_FOLDER } from './owner-skills.ts';
import { readSkill, type Skill, type SkillEntry } from './read-skill.ts';
import { SkillError } from './skill-file.ts';
import { type ApprovedSkill, changesSince, digestOf, hashesOf, type LockedSkill } from './skill-lock.ts';

export const VERSIONS_FOLDER = '.versions';
const MOST_VERSIONS = 10; // of one skill, the one in force included

/** Those that can be gone back to, the oldest first; the last one is in force. */
export function versionsOf(locked: LockedSkill): ApprovedSkill[] {
  const { enabled: _, before = [], ...now } = locked;
  return [...before, now];
}

/** @returns what an entry becomes whose owner has approved another version, or gone back to one */
export function withVersion(
  locked: LockedSkill | undefined,
  approved: ApprovedSkill,
  enabled: boolean,
): LockedSkill {
  const digest = digestOf(approved.files);
  const others = locked ? versionsOf(locked).filter(({ files }) => digestOf(files) !== digest) : [];
  const before = others.slice(-(MOST_VERSIONS - 1));
  return { enabled, ...approved, ...(before.length > 0 && { before }) };
}

/** Keeps its bytes; does nothing where they are kept already. @throws the file system's error */
export async function keepVersion(home: string, skill: Skill): Promise<void> {
  const folder = folderOf(home, skill.name);
  const target = join(folder, digestOf(hashesOf(skill)));
  const made = join(folder, '.new');
  await rm(made, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).includes(digestOf(hashesOf(skill)))) return;
  await writeFiles(made, skill.files);
  await rename(made, target);
}

/** Removes what no version of the lock names. */
export async function dropVersions(
  home: string,
  name: string,
  locked: LockedSkill | undefined,
): Promise<void> {
  const folder = folderOf(home, name);
  const kept = new Set(locked ? versionsOf(locked).map(({ files }) => digestOf(files)) : []);
  if (kept.size === 0) return await rm(folder, { recursive: true, force: true });
  for (const id of await readdir(folder).catch(() => []))
    if (!kept.has(id)) await rm(join(folder, id), { recursive: true, force: true });
}

/** @returns null where its bytes are not kept, or are other ones by now */
export async function keptVersion(home: string, name: string, version: ApprovedSkill): Promise<Skill | null> {
  try {
    const skill = await readSkill(join(folderOf(home, name), digestOf(version.files)), name);
    return changesSince(version, skill) === null ? skill : null;
  } catch (error) {
    if (error instanceof SkillError || (error as NodeJS.ErrnoException).code !== undefined) return null;
    throw error;
  }
}

export async function writeFiles(folder: string, files: ReadonlyMap<string, SkillEntry>): Promise<void> {
  for (const [path, { bytes, executable }] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, path), bytes, { mode: 0o600, flag: 'wx' });
    if (executable) await chmod(join(folder, path), 0o700);
  }
}

function folderOf(home: string, name: string): string {
  return join(home, SKILLS_FOLDER, VERSIONS_FOLDER, name);
}
