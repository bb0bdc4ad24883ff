/**
 * Forgetting: what is to be forgotten, where it was found, and what became of it. `POST /api/forget/look` finds and changes
 * nothing, `POST /api/forget` removes; the memory server has `/forget/look` and `/forget` for its files.
 */
import * as z from 'zod';
import { sessionKeySchema } from './session-key.ts';

/** Shorter phrases stand within half of all words. */
export const LEAST_PHRASE = 3;

const ONE_OF = 'name exactly one: phrase, conversation, person or before';

/** What somebody wants forgotten. */
export const forgetWishSchema = z
  .object({
    phrase: z.string().trim().min(LEAST_PHRASE).max(500),
    conversation: sessionKeySchema,
    person: z.string().regex(/^[a-z]+:[^\s()]{1,100}$/, 'write it as telegram:7'),
    before: z.iso.date('write a day as YYYY-MM-DD'),
  })
  .partial()
  .strict()
  .refine((wish) => Object.values(wish).filter((value) => value !== undefined).length === 1, ONE_OF)
  .meta({ id: 'ForgetWish' });
export type ForgetWish = z.infer<typeof forgetWishSchema>;

/** A phrase that can be found again and not read (`recall/src/phrase.ts`). */
export const phraseMarkSchema = z.object({
  salt: z.string().min(1),
  /** Of the phrase as it is compared, in UTF-16 units. */
  length: z.int().min(LEAST_PHRASE),
  /** A rolling checksum: where to look closer. */
  roll: z.int(),
  hash: z.string().min(1),
});
export type PhraseMark = z.infer<typeof phraseMarkSchema>;

/** The same as it is kept on disk and told to memory: without the phrase. */
export const forgetMarkSchema = z.union([
  z.strictObject({ phrase: phraseMarkSchema }),
  /** All keys that it has had. */
  z.strictObject({ conversation: z.array(z.string()).min(1) }),
  /** `platform:user`, all that he has had, and the keys of his direct messages. */
  z.strictObject({ person: z.array(z.string()).min(1), conversation: z.array(z.string()) }),
  /** Day of the owner's, and when it began in milliseconds since the epoch. */
  z.strictObject({ before: z.iso.date(), at: z.int() }),
]);
export type ForgetMark = z.infer<typeof forgetMarkSchema>;

export const forgetPlaceSchema = z.object({
  place: z.string().describe('in words, such as "messages of telegram:dm:7"'),
  count: z.int(),
  examples: z.array(z.string()),
});
export type ForgetPlace = z.infer<typeof forgetPlaceSchema>;

export const forgetFindingSchema = z
  .object({
    places: z.array(forgetPlaceSchema),
    left: z
      .array(z.string())
      .describe('what is not or cannot be removed, and what to do about it; sentences'),
  })
  .meta({ id: 'ForgetFinding' });
export type ForgetFinding = z.infer<typeof forgetFindingSchema>;

export const forgettingSchema = z
  .object({
    id: z.string(),
    state: z
      .enum(['due', 'done', 'failed'])
      .describe('failed: what is missing is tried again by itself, and at the next start'),
    problem: z.string().optional(),
    ...forgetFindingSchema.shape,
  })
  .meta({ id: 'Forgetting' });
export type Forgetting = z.infer<typeof forgettingSchema>;

/** An entry of `gateway/forgotten.json`. */
export const forgottenEntrySchema = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  mark: forgetMarkSchema,
  state: z.enum(['due', 'done']),
});
export type ForgottenEntry = z.infer<typeof forgottenEntrySchema>;

export const forgottenListSchema = z.object({ forgotten: z.array(forgottenEntrySchema) });

/**
 * What a data directory has to forget that a backup takes the place of.
 * @param present of the data directory that was there @param restored of the backup
 */
export function toForgetAgain(
  present: readonly ForgottenEntry[],
  restored: readonly ForgottenEntry[],
): ForgottenEntry[] {
  const known = new Set(restored.map(({ id }) => id));
  const missing = present.filter(({ id }) => !known.has(id));
  return [...restored, ...missing.map((entry) => ({ ...entry, state: 'due' as const }))];
}
