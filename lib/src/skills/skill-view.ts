/** A skill of the owner's with all that can be told of it, for the API and scripts. */
import type { SkillView } from '@mobyclaw/protocol/skill';
import type { OwnerSkill } from './owner-skills.ts';
import { reportOf } from './skill-report.ts';

export function skillView({ name, state, skill, locked, changes, problem }: OwnerSkill): SkillView {
  return {
    name,
    state,
    ...(skill && { description: skill.description, ...reportOf(skill) }),
    ...(locked && { source: locked.source, seen: locked.seen }),
    ...(changes && { changes }),
    ...(problem && { problem }),
  };
}
