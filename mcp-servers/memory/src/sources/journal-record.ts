/** What the journal holds, a JSON object a line. */
import { lineSourceSchema } from '@mobyclaw/protocol/memory-source';
import * as z from 'zod';

const changeSchema = z.object({
  op: z.literal('change'),
  id: z.string(),
  ...lineSourceSchema.shape,
  file: z.string(),
  /** Lines that the change put there, each with the one that it took the place of. */
  wrote: z.array(z.object({ line: z.string(), was: z.string().optional() })),
  removed: z.array(z.string()),
  /** Words of the person, by which a line replaced another. */
  said: z.string().optional(),
});
export type JournalChange = z.infer<typeof changeSchema>;

export const journalRecordSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('begun'), at: z.iso.datetime(), known: z.array(z.string()) }),
  changeSchema,
  /** The change of that id was not made. */
  z.object({ op: z.literal('not'), at: z.iso.datetime(), change: z.string() }),
]);
export type JournalRecord = z.infer<typeof journalRecordSchema>;
