/** What memory has for a message before it is answered: `POST /recall` of the memory server, for the gateway alone. */
import * as z from 'zod';

export const recallBodySchema = z.object({
  text: z.string().min(1).max(4000).describe('the message'),
  /** Null: the owner asks. Else only what was written down for this guest's conversation. */
  guestOf: z.string().max(200).nullable().describe('the first name of the conversation that a guest asks in'),
});
export type RecallBody = z.infer<typeof recallBodySchema>;

export const recallAnswerSchema = z.object({
  pieces: z.array(
    z.object({
      file: z.string(),
      line: z.int().describe('from 1'),
      at: z.string().nullable().describe('when it was said: YYYY-MM-DD, with a time where there is one'),
      speaker: z.string().nullable(),
      guest: z.boolean().describe('the words of a guest, not of the owner'),
      text: z.string(),
      rank: z.number().describe('to order it among pieces from elsewhere; higher is better'),
    }),
  ),
});
export type RecallAnswer = z.infer<typeof recallAnswerSchema>;
