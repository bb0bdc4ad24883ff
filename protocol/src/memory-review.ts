/** The nightly look at the memory: what the gateway gets to ask the model with, what is done, and what the owner is told. */
import * as z from 'zod';

/** `GET /review?day=` of the memory server. */
export const reviewMaterialSchema = z.object({
  day: z.iso
    .date()
    .nullable()
    .describe('the last day with something new in its log; null: nothing to look at'),
  log: z.string().describe('of the days that were not looked at, with their dates'),
  memory: z.string().describe('MEMORY.md'),
});
export type ReviewMaterial = z.infer<typeof reviewMaterialSchema>;

const line = z.string().trim().min(1).max(2_000);

/** What the model may want. Lines are named by their words, as they stand. */
export const reviewStepSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('add'), text: line, section: z.string().trim().min(1).max(100).default('Notes') }),
  z.object({ do: z.literal('join'), lines: z.array(line).min(2).max(5), text: line }),
  z.object({ do: z.literal('drop'), line, why: z.string().max(300).default('') }),
  z.object({ do: z.literal('ask'), old: line, new: line, why: z.string().max(300).default('they differ') }),
]);
export type ReviewStep = z.infer<typeof reviewStepSchema>;

export const reviewRequestSchema = z.object({
  day: z.iso.date(),
  steps: z.array(reviewStepSchema).max(20),
  turn: z.string().max(64).optional(),
  problem: z.string().max(500).optional().describe('why there are no steps, a sentence'),
});

export const reviewSchema = z
  .object({
    id: z.string(),
    day: z.iso.date().describe('the day whose log was looked at'),
    at: z.iso.datetime(),
    noted: z.array(z.string()),
    joined: z.array(z.object({ lines: z.array(z.string()), text: z.string() })),
    dropped: z.array(z.object({ line: z.string(), section: z.string(), why: z.string() })),
    asked: z.int().describe('contradictions and warnings that the owner is asked about'),
    left: z.array(z.string()).describe('what was not done, and why, a sentence each'),
    problem: z.string().optional(),
    hashes: z
      .object({ before: z.string(), after: z.string() })
      .optional()
      .describe('of MEMORY.md around what was done'),
    told: z.boolean(),
    undone: z.boolean(),
  })
  .meta({ id: 'MemoryReview' });
export type Review = z.infer<typeof reviewSchema>;

export const reviewsSchema = z.array(reviewSchema).describe('newest first');

export const undoneReviewSchema = z
  .object({
    review: reviewSchema.nullable().describe('null: there is nothing to undo'),
    left: z.array(z.string()).describe('what could not be undone, and why, a sentence each'),
  })
  .meta({ id: 'UndoneReview' });
export type UndoneReview = z.infer<typeof undoneReviewSchema>;
