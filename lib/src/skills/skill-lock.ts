/**
 * `skills.lock` in the data directory: of each skill that its owner has seen, the hash of every file as he saw it, where it
 * came from, and whether it is switched on. What is not in it, or is another by one byte, is not given to the agent.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { skillOriginSchema } from '@mobyclaw/protocol/skill';
import * as z from 'zod';
import { writeFileAtomic } from '../atomic-file.ts';
import { entryHash, type Skill } from './read-skill.ts';
import { SkillError, skillNameFault } from './skill-file.ts';

export const SKILLS_LOCK = 'skills.lock';

const approvedSchema = z.object({
  /** A folder, an address, the name of one that comes with Mobyclaw, or `moby:` and the conversation where he wrote it. */
  source: z.string(),
  /** RFC 3339; when its owner saw it last. */
  seen: z.string(),
  files: z.record(z.string(), z.string()),
  /** Of one that Moby wrote. */
  origin: skillOriginSchema.optional(),
});

const lockedSchema = approvedSchema.extend({
  enabled: z.boolean(),
  /** What its owner approved before, the oldest first; bytes are in `skills/.versions`. None in a lock from before they were kept. */
  before: z.array(approvedSchema).optional(),
});

const lockSchema = z.object({
  version: z.literal(1),
  skills: z.record(
    z.string().refine((name) => skillNameFault(name) === null),
    lockedSchema,
  ),
});

export type ApprovedSkill = z.infer<typeof approvedSchema>;
export type LockedSkill = z.infer<typeof lockedSchema>;
export type SkillLock = z.infer<typeof lockSchema>;

/** @throws SkillError where it is not as it was written: then no skill is given to the agent */
export async function readSkillLock(home: string): Promise<SkillLock> {
  const path = join(home, SKILLS_LOCK);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { version: 1, skills: {} };
    throw error;
  }
  try {
    const { skills, version } = lockSchema.parse(JSON.parse(text));
    return { version, skills: Object.assign(Object.create(null), skills) };
  } catch (error) {
    const help = `If you remove it, all skills are off until you switch them on again: ./mobyclaw skills enable NAME.`;
    throw new SkillError(`${path} cannot be read. ${help}`, { cause: error });
  }
}

export async function writeSkillLock(home: string, { version, skills }: SkillLock): Promise<void> {
  const ordered = Object.fromEntries(Object.entries(skills).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFileAtomic(
    join(home, SKILLS_LOCK),
    `${JSON.stringify({ version, skills: ordered }, null, 2)}\n`,
  );
}

/** The hash of each file, as a lock keeps them. */
export function hashesOf(skill: Skill): Record<string, string> {
  return Object.fromEntries([...skill.files].map(([path, entry]) => [path, entryHash(entry)]));
}

/** Names exactly these files with exactly these bytes. @param files as a lock keeps them */
export function digestOf(files: Readonly<Record<string, string>>): string {
  const ordered = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(ordered)).digest('hex');
}

export interface SkillChanges {
  added: string[];
  changed: string[];
  removed: string[];
}

/** @returns what is other than its owner saw it; null where nothing is */
export function changesSince(locked: Pick<ApprovedSkill, 'files'>, skill: Skill): SkillChanges | null {
  const now = hashesOf(skill);
  const { files: then } = locked;
  const changes: SkillChanges = {
    added: Object.keys(now).filter((path) => !Object.hasOwn(then, path)),
    changed: Object.keys(now).filter((path) => Object.hasOwn(then, path) && then[path] !== now[path]),
    removed: Object.keys(then).filter((path) => !Object.hasOwn(now, path)),
  };
  return Object.values(changes).some((paths) => paths.length > 0) ? changes : null;
}
