/** A skill of the owner's with all that can be told of it, for the API and scripts. */
import type { SkillDetail, SkillVersion, SkillView } from '@mobyclaw/protocol/skill';
import { ownerText } from '../owner-text.ts';
import type { OwnerSkill } from './owner-skills.ts';
import type { Skill, SkillEntry } from './read-skill.ts';
import { digestOf, hashesOf, type LockedSkill } from './skill-lock.ts';
import { reportOf } from './skill-report.ts';
import { keptVersion, versionsOf } from './skill-versions.ts';

const MOST_SHOWN_BYTES = 100_000; // of one text; as much as a SKILL.md may have
const MOST_TEXTS_BYTES = 1_000_000; // of all

export function skillView({ name, state, skill, locked, changes, problem }: OwnerSkill): SkillView {
  return {
    name,
    state,
    ...(skill && { description: skill.description, ...reportOf(skill), digest: digestOf(hashesOf(skill)) }),
    ...(locked && { source: locked.source, seen: locked.seen }),
    ...(locked?.origin && { origin: locked.origin }),
    ...(changes && { changes }),
    ...(problem && { problem }),
  };
}

/** With the texts of its files, those of the version that its owner saw last beside them, and all versions. */
export async function skillDetail(home: string, owner: OwnerSkill): Promise<SkillDetail> {
  const { name, skill, locked } = owner;
  const seen =
    locked && owner.state !== 'on' && owner.state !== 'off' ? await keptVersion(home, name, locked) : null;
  return {
    ...skillView(owner),
    ...(skill?.license !== undefined && { license: skill.license }),
    ...(skill?.compatibility !== undefined && { compatibility: skill.compatibility }),
    ...(skill?.allowedTools !== undefined && { allowedTools: skill.allowedTools }),
    ...(skill && Object.keys(skill.metadata).length > 0 && { metadata: { ...skill.metadata } }),
    texts: textsOf(skill, seen),
    versions: locked ? versionViews(locked) : [],
  };
}

/** The newest first. */
export function versionViews(locked: LockedSkill): SkillVersion[] {
  const views = versionsOf(locked).map(({ files, seen, source, origin }, index, all) => ({
    ...{ id: digestOf(files), seen, source },
    ...(origin && { origin }),
    current: index === all.length - 1,
  }));
  return views.reverse();
}

function textsOf(skill: Skill | null, seen: Skill | null): SkillDetail['texts'] {
  let bytes = 0;
  const shown = (entry: SkillEntry | undefined): string | null => {
    if (!entry || entry.bytes.length > MOST_SHOWN_BYTES) return null;
    bytes += entry.bytes.length;
    if (bytes > MOST_TEXTS_BYTES) return null;
    try {
      return ownerText(entry.bytes);
    } catch {
      return null; // a picture or the like
    }
  };
  const paths = new Set([...(skill?.files.keys() ?? []), ...(seen?.files.keys() ?? [])]);
  return [...paths].sort().map((path) => ({
    path,
    text: shown(skill?.files.get(path)),
    before: shown(seen?.files.get(path)),
  }));
}
