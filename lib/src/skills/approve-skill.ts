/**
 * What an owner does with his skills: each changes `skills/` and the lock, and nothing else. Memory sees it within a second. A
 * skill is approved by the bytes that he was shown, so one that changed while he read is off.
 */
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SKILLS_FOLDER } from './owner-skills.ts';
import type { Skill } from './read-skill.ts';
import { SkillError } from './skill-file.ts';
import { hashesOf, readSkillLock, type SkillLock, writeSkillLock } from './skill-lock.ts';

/** Puts a skill in the place of one of its name; its bytes are approved separately. @throws the file system's error */
export async function placeSkill(home: string, skill: Skill): Promise<void> {
  const folder = join(home, SKILLS_FOLDER);
  const made = join(folder, `.new-${skill.name}`);
  const before = join(folder, `.old-${skill.name}`);
  const target = join(folder, skill.name);
  for (const path of [made, before]) await rm(path, { recursive: true, force: true });
  for (const [path, { bytes, executable }] of skill.files) {
    await mkdir(dirname(join(made, path)), { recursive: true, mode: 0o700 });
    await writeFile(join(made, path), bytes, { mode: 0o600, flag: 'wx' });
    if (executable) await chmod(join(made, path), 0o700);
  }
  await rename(target, before).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(made, target);
  await rm(before, { recursive: true, force: true });
}

/** @param source where it came from; as it was unless given */
export async function approveSkill(home: string, skill: Skill, now: number, source?: string): Promise<void> {
  await editLock(home, ({ skills }) => {
    const was = skills[skill.name]?.source ?? join(SKILLS_FOLDER, skill.name);
    const seen = new Date(now).toISOString();
    skills[skill.name] = { enabled: true, source: source ?? was, seen, files: hashesOf(skill) };
  });
}

/** @throws SkillError where nobody has seen it yet */
export async function switchSkill(home: string, name: string, enabled: boolean): Promise<void> {
  await editLock(home, ({ skills }) => {
    const locked = skills[name];
    if (!locked) throw new SkillError(`There is no skill ${name} that was ever switched on.`);
    locked.enabled = enabled;
  });
}

export async function removeSkill(home: string, name: string): Promise<void> {
  await editLock(home, ({ skills }) => {
    delete skills[name];
  });
  await rm(join(home, SKILLS_FOLDER, name), { recursive: true, force: true });
}

async function editLock(home: string, change: (lock: SkillLock) => void): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const lock = await readSkillLock(home);
  change(lock);
  await writeSkillLock(home, lock);
}
