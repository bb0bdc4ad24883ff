/**
 * What an owner does with his skills: each changes `skills/` and the lock, and nothing else. Memory sees it within a second. A
 * skill is approved by the bytes that he was shown, so one that changed while he read is off. What he approved is kept.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SkillOrigin } from '@mobyclaw/protocol/skill';
import { ownerSkills, SKILLS_FOLDER } from './owner-skills.ts';
import type { Skill } from './read-skill.ts';
import { SkillError } from './skill-file.ts';
import {
  type ApprovedSkill,
  digestOf,
  hashesOf,
  readSkillLock,
  type SkillLock,
  writeSkillLock,
} from './skill-lock.ts';
import {
  dropVersions,
  keepVersion,
  keptVersion,
  versionsOf,
  withVersion,
  writeFiles,
} from './skill-versions.ts';

/** Puts a skill in the place of one of its name; its bytes are approved separately. @throws the file system's error */
export async function placeSkill(home: string, skill: Skill): Promise<void> {
  const folder = join(home, SKILLS_FOLDER);
  const made = join(folder, `.new-${skill.name}`);
  const before = join(folder, `.old-${skill.name}`);
  const target = join(folder, skill.name);
  for (const path of [made, before]) await rm(path, { recursive: true, force: true });
  await writeFiles(made, skill.files);
  await rename(target, before).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(made, target);
  await rm(before, { recursive: true, force: true });
}

export interface Approval {
  /** Where it came from; as it was unless given. */
  source?: string;
  /** Of one that Moby wrote. */
  origin?: SkillOrigin;
}

export async function approveSkill(
  home: string,
  skill: Skill,
  now: number,
  { source, origin }: Approval = {},
): Promise<void> {
  await keepVersion(home, skill);
  const lock = await editLock(home, ({ skills }) => {
    const was = skills[skill.name];
    const approved: ApprovedSkill = {
      source: source ?? was?.source ?? join(SKILLS_FOLDER, skill.name),
      seen: new Date(now).toISOString(),
      files: hashesOf(skill),
      ...(origin && { origin }),
    };
    skills[skill.name] = withVersion(was, approved, true);
  });
  await dropVersions(home, skill.name, lock.skills[skill.name]);
}

/** @throws SkillError where nobody has seen it yet */
export async function switchSkill(home: string, name: string, enabled: boolean): Promise<void> {
  await editLock(home, ({ skills }) => {
    const locked = skills[name];
    if (!locked) throw new SkillError(`There is no skill ${name} that was ever switched on.`);
    locked.enabled = enabled;
  });
}

/**
 * Goes back to what its owner approved before; again, and it is as it was. What was changed and never approved is gone by that:
 * then it goes back to what was approved last.
 * @param to beginning of the digest of a version @returns the version that it is now
 * @throws SkillError where there is none, or its bytes are not kept
 */
export async function undoSkill(home: string, name: string, to?: string): Promise<ApprovedSkill> {
  const { skills } = await readSkillLock(home);
  const locked = skills[name];
  if (!locked) throw new SkillError(`There is no skill ${JSON.stringify(name)} that was ever switched on.`);
  const versions = versionsOf(locked);
  const state = (await ownerSkills(home)).find((skill) => skill.name === name)?.state;
  const isAsApproved = state === 'on' || state === 'off';
  const wanted =
    to === undefined
      ? versions.at(isAsApproved ? -2 : -1)
      : versions.findLast(({ files }) => digestOf(files).startsWith(to));
  const help = `./mobyclaw skills versions ${name} lists what there is.`;
  if (!wanted) {
    throw new SkillError(
      to === undefined
        ? `Nothing of ${name} was approved before what it is now. To take it from Moby, disable or remove it.`
        : `There is no version ${JSON.stringify(to)} of ${name}. ${help}`,
    );
  }
  const skill = await keptVersion(home, name, wanted);
  if (!skill)
    throw new SkillError(`What ${name} was then is not kept as it was, so nothing was changed. ${help}`);
  await placeSkill(home, skill);
  await editLock(home, (lock) => {
    lock.skills[name] = withVersion(lock.skills[name], wanted, lock.skills[name]?.enabled ?? true);
  });
  return wanted;
}

export async function removeSkill(home: string, name: string): Promise<void> {
  await editLock(home, ({ skills }) => {
    delete skills[name];
  });
  await rm(join(home, SKILLS_FOLDER, name), { recursive: true, force: true });
  await rm(join(home, SKILLS_FOLDER, `.old-${name}`), { recursive: true, force: true });
  await dropVersions(home, name, undefined);
}

async function editLock(home: string, change: (lock: SkillLock) => void): Promise<SkillLock> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const lock = await readSkillLock(home);
  change(lock);
  await writeSkillLock(home, lock);
  return lock;
}
