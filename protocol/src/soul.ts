/** The owner's soul.yaml, as he edits it by `/api/soul`. */
import * as z from 'zod';
import { soulProblemSchema } from './control.ts';
import { statusSchema } from './status.ts';

const text = z.string().max(1024 * 1024, 'soul.yaml may have up to 1 MiB');

export const soulFileSchema = z
  .object({
    text: z.string(),
    version: z.string().nullable().describe('names this text; null: there is no such file'),
    state: statusSchema.shape.soul.shape.state,
    problem: z.string().optional().describe('why it is not in force, with line and cause'),
  })
  .meta({ id: 'SoulFile' });
export type SoulFile = z.infer<typeof soulFileSchema>;

export const soulDefaultSchema = z.object({
  text: z.string().describe('the soul.yaml that this version brings'),
});

export const soulCheckRequestSchema = z.object({ text });

export const soulCheckSchema = z
  .object({
    problems: z.array(soulProblemSchema),
    by: z
      .enum(['syntax', 'engine'])
      .describe('engine: what stands in it was judged too; cagent does that only when it is started with it'),
  })
  .meta({ id: 'SoulCheck' });
export type SoulCheck = z.infer<typeof soulCheckSchema>;

export const soulSaveRequestSchema = z.object({
  text,
  version: z.string().nullable().describe('of the text that was edited; another one by now is a conflict'),
});
