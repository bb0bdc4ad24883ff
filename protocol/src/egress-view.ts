/** What the API shows of the door: the rules in force, the audit log, and what would become of a request. */
import * as z from 'zod';
import { doorRowSchema } from './egress.ts';
import { egressProblemSchema, egressRulesSchema } from './egress-rules.ts';

/** `GET /api/egress/log`: what the door let through and what not, the newest first; never what was said. */
export const egressLogSchema = z.object({
  items: z.array(doorRowSchema),
  before: z.int().nullable().describe('for the page after this one; null: there is none'),
});
export type EgressLog = z.infer<typeof egressLogSchema>;

/** `GET /api/egress`. */
export const egressViewSchema = z
  .object({
    rules: egressRulesSchema,
    problem: egressProblemSchema.optional(),
    door: z.enum(['up', 'away', 'none']).describe('none: this installation has no door'),
    asked: z.array(z.object({ question: z.string(), host: z.string(), port: z.int() })),
    refused: z.array(doorRowSchema).describe('the last ones'),
  })
  .meta({ id: 'Egress' });
export type EgressView = z.infer<typeof egressViewSchema>;

/** `GET /api/egress/test`: what would become of a request, without making it. */
export const egressTestSchema = z
  .object({
    host: z.string(),
    port: z.int(),
    verdict: z.enum(['allow', 'ask', 'refuse']),
    reason: z.string().describe('a sentence'),
  })
  .meta({ id: 'EgressTest' });
export type EgressTest = z.infer<typeof egressTestSchema>;
