/** `/skills…` for the gateway: how the owner's skills stand, and those that he has seen switched on and off. */
import { checked } from '@mobyclaw/lib/checked';
import type { Clock } from '@mobyclaw/lib/clock';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { approveSkill, placeSkill, switchSkill } from '@mobyclaw/lib/skills/approve-skill';
import { ownerSkills } from '@mobyclaw/lib/skills/owner-skills';
import { type Skill, skillOf } from '@mobyclaw/lib/skills/read-skill';
import { SKILL_FILE, SkillError } from '@mobyclaw/lib/skills/skill-file';
import { changesSince, hashesOf, type LockedSkill } from '@mobyclaw/lib/skills/skill-lock';
import { skillView } from '@mobyclaw/lib/skills/skill-view';
import type { Route } from '@mobyclaw/mcp/route';
import { skillSwitchSchema } from '@mobyclaw/protocol/skill';
import * as z from 'zod';
import type { SkillsPublication } from './skills-publication.ts';

const switchSchema = skillSwitchSchema.extend({ name: z.string().max(300) });

const takeSchema = z.object({
  name: z.string().max(64),
  text: z.string().max(100_000),
  session: z.string().max(300),
});

export function skillsRoutes(home: string, skills: SkillsPublication, clock: Clock): Route[] {
  const list = async () => ({ items: (await told(() => ownerSkills(home))).map(skillView) });
  return [
    { method: 'GET', path: '/skills', answer: list },
    {
      method: 'POST',
      path: '/skills/switch',
      async answer({ body }) {
        const { name, enabled } = checked(switchSchema, body);
        const found = (await told(() => ownerSkills(home))).find((skill) => skill.name === name);
        if (!found) throw new HttpProblem('not-found', `There is no skill ${JSON.stringify(name)}.`);
        const isSeen = found.state === 'on' || found.state === 'off';
        if (enabled && !isSeen) {
          throw new HttpProblem(
            'conflict',
            `${name} is ${found.state}: look at it first, where you can read it whole: ./mobyclaw skills enable ${name}`,
          );
        }
        if (found.locked) await told(() => switchSkill(home, name, enabled));
        await skills.publish();
        return list();
      },
    },
    {
      method: 'POST',
      path: '/skills/take',
      async answer({ body }) {
        const { name, text, session } = checked(takeSchema, body);
        const files = new Map([[SKILL_FILE, { bytes: Buffer.from(text), executable: false }]]);
        const skill = await told(async () => skillOf(files, name));
        const before = (await told(() => ownerSkills(home))).find((one) => one.name === name);
        // A gateway that died before it knew takes it again.
        const isSame = before?.skill && changesSince(lockedAs(skill), before.skill) === null;
        if (before && !isSame) throw new HttpProblem('conflict', `There is a skill ${name} already.`);
        if (!before) await placeSkill(home, skill);
        await told(() => approveSkill(home, skill, clock.now(), `moby:${session}`));
        await skills.publish();
        return list();
      },
    },
  ];
}

function lockedAs(skill: Skill): LockedSkill {
  return { enabled: true, source: '', seen: '', files: hashesOf(skill) };
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SkillError) throw new HttpProblem('conflict', error.message);
    throw error;
  }
}
