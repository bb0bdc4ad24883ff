/**
 * The skills in the owner's `skills/`, each with how it stands: `on` is the only state in which the agent is given it.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readSkill, type Skill } from './read-skill.ts';
import { SkillError, skillNameFault } from './skill-file.ts';
import { changesSince, type LockedSkill, readSkillLock, type SkillChanges } from './skill-lock.ts';

export const SKILLS_FOLDER = 'skills';
export const MOST_SKILLS = 50; // at 100 tokens each in the prompt

export interface OwnerSkill {
  /** Name of its folder. */
  name: string;
  /** new: nobody has seen it yet. changed: it is another than was seen. broken: it cannot be read. missing: its folder is away. */
  state: 'on' | 'off' | 'new' | 'changed' | 'broken' | 'missing';
  /** Null where it is broken or missing. */
  skill: Skill | null;
  /** Null where it was never seen. */
  locked: LockedSkill | null;
  changes: SkillChanges | null;
  /** Why it is broken. */
  problem: string | null;
}

/**
 * @returns in the order of their names; none where there is no folder
 * @throws SkillError where the lock cannot be read, or there are too many; the file system's error
 */
export async function ownerSkills(home: string): Promise<OwnerSkill[]> {
  const { skills: locked } = await readSkillLock(home);
  const names = (await namesIn(join(home, SKILLS_FOLDER))).filter((name) => !name.startsWith('.'));
  if (names.length > MOST_SKILLS) {
    throw new SkillError(
      `There are ${names.length} skills, and at most ${MOST_SKILLS} can be used. Remove some.`,
    );
  }
  const found: OwnerSkill[] = [];
  for (const name of names.sort()) found.push(await ownerSkill(home, name, locked[name] ?? null));
  for (const [name, entry] of Object.entries(locked)) {
    if (names.includes(name)) continue;
    found.push({ name, state: 'missing', skill: null, locked: entry, changes: null, problem: null });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function ownerSkill(home: string, name: string, locked: LockedSkill | null): Promise<OwnerSkill> {
  const none = { name, locked, changes: null, problem: null };
  let skill: Skill;
  try {
    const fault = skillNameFault(name);
    if (fault !== null) throw new SkillError(`The name of its folder ${fault}.`);
    skill = await readSkill(join(home, SKILLS_FOLDER, name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!(error instanceof SkillError) && code === undefined) throw error;
    const problem = error instanceof SkillError ? error.message : `It cannot be read (${code}).`;
    return { ...none, state: 'broken', skill: null, problem };
  }
  if (locked === null) return { ...none, state: 'new', skill };
  const changes = changesSince(locked, skill);
  if (changes !== null) return { ...none, state: 'changed', skill, changes };
  return { ...none, state: locked.enabled ? 'on' : 'off', skill };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
