/** `/skills…` for the gateway: how the owner's skills stand and what they are; what he has looked at is approved, switched, put back and removed. */
import { checked } from '@mobyclaw/lib/checked';
import type { Clock } from '@mobyclaw/lib/clock';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import {
  approveSkill,
  placeSkill,
  removeSkill,
  switchSkill,
  undoSkill,
} from '@mobyclaw/lib/skills/approve-skill';
import { MOST_SKILLS, type OwnerSkill, ownerSkills } from '@mobyclaw/lib/skills/owner-skills';
import { type SkillEntry, skillOf } from '@mobyclaw/lib/skills/read-skill';
import { SKILL_FILE, SkillError } from '@mobyclaw/lib/skills/skill-file';
import { changesSince, digestOf, hashesOf } from '@mobyclaw/lib/skills/skill-lock';
import { skillDetail, skillView } from '@mobyclaw/lib/skills/skill-view';
import type { Route } from '@mobyclaw/mcp/route';
import {
  skillApprovalSchema,
  skillOriginSchema,
  skillSwitchSchema,
  skillUndoSchema,
  skillUploadSchema,
} from '@mobyclaw/protocol/skill';
import { MOST_ARCHIVE_CHARS } from '@mobyclaw/protocol/skill-limits';
import * as z from 'zod';
import type { SkillsPublication } from './skills-publication.ts';

const switchSchema = skillSwitchSchema.extend({ name: z.string().max(300) });

const nameSchema = z.object({ name: z.string().max(300) });
const approvalSchema = skillApprovalSchema.extend(nameSchema.shape);
const undoSchema = skillUndoSchema.extend(nameSchema.shape);

const takeSchema = z.object({
  name: z.string().max(64),
  text: z.string().max(100_000),
  origin: skillOriginSchema,
});

/** Of a skill that Moby wrote; its conversation follows. */
const BY_MOBY = 'moby:';

export function skillsRoutes(home: string, skills: SkillsPublication, clock: Clock): Route[] {
  const list = async () => ({ items: (await told(() => ownerSkills(home))).map(skillView) });
  const named = async (name: string): Promise<OwnerSkill> => {
    const found = (await told(() => ownerSkills(home))).find((skill) => skill.name === name);
    if (!found) throw new HttpProblem('not-found', `There is no skill ${JSON.stringify(name)}.`);
    return found;
  };
  const detail = async (name: string) => await told(async () => skillDetail(home, await named(name)));
  return [
    { method: 'GET', path: '/skills', answer: list },
    { method: 'GET', path: '/skills/one', answer: ({ query }) => detail(checked(nameSchema, query).name) },
    {
      method: 'POST',
      path: '/skills/switch',
      async answer({ body }) {
        const { name, enabled } = checked(switchSchema, body);
        const found = await named(name);
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
      path: '/skills/approve',
      async answer({ body }) {
        const { name, digest } = checked(approvalSchema, body);
        const { skill, problem } = await named(name);
        if (!skill) throw new HttpProblem('conflict', problem ?? `The folder of ${name} is gone.`);
        if (digestOf(hashesOf(skill)) !== digest)
          throw new HttpProblem(
            'conflict',
            `${name} has changed since you looked at it. Look at it once more.`,
          );
        await told(() => approveSkill(home, skill, clock.now()));
        await skills.publish();
        return detail(name);
      },
    },
    {
      method: 'POST',
      path: '/skills/undo',
      async answer({ body }) {
        const { name, to } = checked(undoSchema, body);
        await named(name);
        await told(() => undoSkill(home, name, to));
        await skills.publish();
        return detail(name);
      },
    },
    {
      method: 'POST',
      path: '/skills/remove',
      async answer({ body }) {
        const { name } = await named(checked(nameSchema, body).name);
        await told(() => removeSkill(home, name));
        await skills.publish();
        return list();
      },
    },
    {
      method: 'POST',
      path: '/skills/upload',
      mostBytes: MOST_ARCHIVE_CHARS + 1000,
      async answer({ body }) {
        const { archive, only } = checked(skillUploadSchema, body);
        // Loaded when it is first asked for.
        const { readArchive, skillInArchive } = await import('@mobyclaw/lib/skills/skill-archive');
        const { name } = await told(async () => {
          const files = await readArchive(Buffer.from(archive, 'base64'), 'the archive');
          const skill = skillInArchive(files, 'the archive', only);
          const others = await ownerSkills(home);
          if (others.length >= MOST_SKILLS && !others.some((one) => one.name === skill.name))
            throw new SkillError(
              `There are ${others.length} skills already, which is the most. Remove one first.`,
            );
          await placeSkill(home, skill);
          return skill;
        });
        await skills.publish();
        return detail(name);
      },
    },
    {
      method: 'POST',
      path: '/skills/take',
      async answer({ body }) {
        const { name, text, origin } = checked(takeSchema, body);
        const own: SkillEntry = { bytes: Buffer.from(text), executable: false };
        const before = (await told(() => ownerSkills(home))).find((one) => one.name === name);
        const skill = await told(async () =>
          skillOf(new Map([...(before?.skill?.files ?? []), [SKILL_FILE, own]]), name),
        );
        // A gateway that died before it knew takes it again.
        const isSame = before?.skill && changesSince({ files: hashesOf(skill) }, before.skill) === null;
        const isMobys =
          before?.locked?.source.startsWith(BY_MOBY) && (before.state === 'on' || before.state === 'off');
        if (before && !isSame && !isMobys)
          throw new HttpProblem(
            'conflict',
            `There is a skill ${name} already, which is not as Moby wrote it.`,
          );
        if (!isSame) await placeSkill(home, skill);
        await told(() =>
          approveSkill(home, skill, clock.now(), { source: BY_MOBY + origin.session, origin }),
        );
        await skills.publish();
        return list();
      },
    },
  ];
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SkillError) throw new HttpProblem('conflict', error.message);
    throw error;
  }
}
