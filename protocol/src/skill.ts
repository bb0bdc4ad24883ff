/** The owner's skills as the API and the command line show them. */
import * as z from 'zod';
import { MOST_ARCHIVE_CHARS } from './skill-limits.ts';

/** What stood in a conversation of the owner's while Moby wrote a skill, and is not the owner's word. */
export const skillMarkSchema = z.enum(['guest', 'webhook', 'page']);
export type SkillMark = z.infer<typeof skillMarkSchema>;

export const skillOriginSchema = z
  .object({
    session: z.string().describe('conversation in which Moby wrote it'),
    turn: z.string().optional().describe('answer in which he did'),
    marks: z
      .array(skillMarkSchema)
      .optional()
      .describe(
        'what he had in sight there that is not its owner’s word: of a guest, of a webhook, a page, a file or a mail',
      ),
  })
  .meta({ id: 'SkillOrigin' });
export type SkillOrigin = z.infer<typeof skillOriginSchema>;

export const skillViewSchema = z
  .object({
    name: z.string(),
    state: z
      .enum(['on', 'off', 'new', 'changed', 'broken', 'missing'])
      .describe('on: Moby has it; new: its owner has not seen it yet; changed: it is another than he saw'),
    description: z.string().optional(),
    source: z.string().optional(),
    seen: z.iso.datetime().optional().describe('when its owner saw it last'),
    origin: skillOriginSchema.optional(),
    digest: z.string().optional().describe('names these very bytes; an approval shows it'),
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

export const skillVersionSchema = z
  .object({
    id: z.string().describe('digest of its bytes'),
    seen: z.iso.datetime(),
    source: z.string(),
    origin: skillOriginSchema.optional(),
    current: z.boolean(),
  })
  .meta({ id: 'SkillVersion' });
export type SkillVersion = z.infer<typeof skillVersionSchema>;

export const skillDetailSchema = skillViewSchema
  .extend({
    license: z.string().optional(),
    compatibility: z.string().optional(),
    allowedTools: z.string().optional(),
    metadata: z.record(z.string(), z.string()).optional(),
    texts: z
      .array(
        z.object({
          path: z.string(),
          text: z.string().nullable().describe('null where it is no text, too long to show, or gone'),
          before: z.string().nullable().describe('as its owner saw it last, where that is kept'),
        }),
      )
      .describe('every file; those that are gone since its owner saw it, too'),
    versions: z.array(skillVersionSchema).describe('that its owner approved, the newest first'),
  })
  .meta({ id: 'SkillDetail' });
export type SkillDetail = z.infer<typeof skillDetailSchema>;

export const skillsSchema = z.object({ items: z.array(skillViewSchema) });

export const skillSwitchSchema = z.strictObject({ enabled: z.boolean() }).meta({ id: 'SkillSwitch' });

export const skillApprovalSchema = z
  .strictObject({ digest: z.string().max(64).describe('of what was looked at; another one is refused') })
  .meta({ id: 'SkillApproval' });

export const skillUndoSchema = z
  .strictObject({
    to: z
      .string()
      .min(4)
      .max(64)
      .optional()
      .describe('beginning of the id of a version; the one before unless given'),
  })
  .meta({ id: 'SkillUndo' });

export const skillUploadSchema = z
  .strictObject({
    archive: z
      .base64('the archive is not base64')
      .max(MOST_ARCHIVE_CHARS)
      .describe('a .tar, .tar.gz or .zip'),
    only: z.string().max(64).optional().describe('which skill, where there are several in it'),
  })
  .meta({ id: 'SkillUpload' });
