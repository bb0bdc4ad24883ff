/** Where a skill comes from: one that comes with Mobyclaw, a folder, a repository, or an archive. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { readSkill, type Skill } from '@mobyclaw/lib/skills/read-skill';
import {
  MOST_ARCHIVE_BYTES,
  readArchive,
  skillInArchive,
  theOneSkill,
} from '@mobyclaw/lib/skills/skill-archive';
import { parseSkillFile, SKILL_FILE, skillNameFault } from '@mobyclaw/lib/skills/skill-file';
import { CliError } from '../cli-error.ts';
import { cloneInto, isRepository } from './skill-clone.ts';

export interface FoundSource {
  skill: Skill;
  /** As a lock keeps it, so that `update` finds it again. */
  source: string;
}

const SHIPPED = 'mobyclaw:';

/** Names of the skills that come with Mobyclaw. */
export function shippedSkills(checkout: string): string[] {
  const folder = join(checkout, 'skills');
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => skillNameFault(name) === null)
        .sort()
    : [];
}

/**
 * @param only name of the one that is wanted, where there are several
 * @throws CliError, SkillError
 */
export async function findSkill(
  wanted: string,
  { checkout, env, only }: { checkout: string; env: NodeJS.ProcessEnv; only?: string | undefined },
): Promise<FoundSource> {
  const name = wanted.startsWith(SHIPPED) ? wanted.slice(SHIPPED.length) : wanted;
  if (shippedSkills(checkout).includes(name))
    return { skill: await readSkill(join(checkout, 'skills', name)), source: SHIPPED + name };
  if (isRepository(wanted)) {
    const above = await mkdtemp(join(tmpdir(), 'mobyclaw-skill-'));
    try {
      await cloneInto(join(above, 'repository'), wanted, env);
      return { skill: await inFolder(join(above, 'repository'), wanted, only, true), source: wanted };
    } finally {
      await rm(above, { recursive: true, force: true });
    }
  }
  const path = resolve(wanted);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    const shipped = shippedSkills(checkout);
    const others = shipped.length === 0 ? '' : ` With Mobyclaw come: ${shipped.join(', ')}.`;
    throw new CliError(`There is no folder, archive or skill ${JSON.stringify(wanted)}.${others}`);
  }
  if (stat.isDirectory()) return { skill: await inFolder(path, path, only, false), source: path };
  if (!stat.isFile()) throw new CliError(`${path} is neither a folder nor an archive.`);
  if (stat.size > MOST_ARCHIVE_BYTES)
    throw new CliError(`${path} is larger than ${MOST_ARCHIVE_BYTES} bytes.`);
  const files = await readArchive(await readFile(path), path);
  return { skill: skillInArchive(files, path, only), source: path };
}

/** @param isFetched then the folder has a name of ours, and its skill the one that it says */
async function inFolder(
  folder: string,
  source: string,
  only: string | undefined,
  isFetched: boolean,
): Promise<Skill> {
  if (existsSync(join(folder, SKILL_FILE))) {
    const name = isFetched ? parseSkillFile(await readFile(join(folder, SKILL_FILE))).name : basename(folder);
    return readSkill(folder, name);
  }
  const found = ['', 'skills'].flatMap((above) => {
    const path = join(folder, above);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(path, entry.name, SKILL_FILE)))
      .map((entry) => join(path, entry.name));
  });
  return readSkill(theOneSkill(found, source, only));
}
