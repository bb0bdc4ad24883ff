/** The owner's skills as the API and the command line show them. */
import * as z from 'zod';

export const skillViewSchema = z
  .object({
    name: z.string(),
    state: z
      .enum(['on', 'off', 'new', 'changed', 'broken', 'missing'])
      .describe('on: Moby has it; new: its owner has not seen it yet; changed: it is another than he saw'),
    description: z.string().optional(),
    source: z.string().optional(),
    seen: z.iso.datetime().optional().describe('when its owner saw it last'),
    files: z.array(z.object({ path: z.string(), bytes: z.int(), program: z.boolean() })).optional(),
    hosts: z.array(z.string()).optional().describe('that it names; naming one opens none'),
    secrets: z.array(z.string()).optional().describe('that it names; naming one gives none'),
    commands: z
      .array(z.string())
      .optional()
      .describe('what an engine would execute on reading it; text in what Moby is given'),
    changes: z
      .object({ added: z.array(z.string()), changed: z.array(z.string()), removed: z.array(z.string()) })
      .optional(),
    problem: z.string().optional(),
  })
  .meta({ id: 'Skill' });
export type SkillView = z.infer<typeof skillViewSchema>;

export const skillsSchema = z.object({ items: z.array(skillViewSchema) });

export const skillSwitchSchema = z.strictObject({ enabled: z.boolean() }).meta({ id: 'SkillSwitch' });
