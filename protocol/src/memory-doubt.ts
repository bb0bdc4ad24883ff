/** What memory cannot decide about a fact: `GET /doubts` of the memory server lists them, `POST /doubts/settle` ends one. */
import * as z from 'zod';

export const doubtSchema = z.object({
  id: z.string(),
  kind: z.enum(['contradiction', 'warning']).describe('warning: it is to be removed or softened'),
  file: z.string(),
  old: z.string().describe('the line that stands there, or was there first'),
  is: z.string().describe('the other line; of a warning, what is to take its place, empty where nothing is'),
  why: z.string().describe('the end of a sentence'),
  oldOn: z.iso.date().nullable().describe('when it was written; null where that is not known'),
  at: z.iso.datetime(),
  turn: z.string().optional(),
  session: z.string().optional(),
});
export type Doubt = z.infer<typeof doubtSchema>;
export const doubtsSchema = z.array(doubtSchema);

/** What the owner has decided. `both` is for a contradiction alone. */
export const doubtChoiceSchema = z.enum(['old', 'new', 'both']);
export type DoubtChoice = z.infer<typeof doubtChoiceSchema>;

export const settleDoubtSchema = z.object({ id: z.string().min(1).max(64), choice: doubtChoiceSchema });

export const settledDoubtSchema = z.object({
  problem: z.string().nullable().describe('why nothing was changed although it was to be, a sentence'),
});
