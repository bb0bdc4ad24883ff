/**
 * Vectors for the memory server. It reaches nothing outside, so the gateway, which does, asks an embeddings server for it:
 * memory tells what has no vector yet (`POST /vectors`) and which questions wait for one (`POST /vectors/question`).
 */
import * as z from 'zod';

const MOST_PARTS = 4096;
export const vectorSchema = z.array(z.number()).min(1).max(MOST_PARTS);
const modelSchema = z.string().min(1).max(200);

export const vectorsBodySchema = z.object({
  model: modelSchema.describe('of the vectors that are wanted and given'),
  made: z.array(z.object({ id: z.int(), check: z.int(), vector: vectorSchema })).max(256),
  most: z.int().min(0).max(256).describe('pieces to name that have none'),
});
export type VectorsBody = z.infer<typeof vectorsBodySchema>;

export const vectorsAnswerSchema = z.object({
  wanted: z.array(z.object({ id: z.int(), check: z.int(), text: z.string() })),
  done: z.int().describe('pieces that have a vector of this model'),
  of: z.int().describe('pieces'),
});
export type VectorsAnswer = z.infer<typeof vectorsAnswerSchema>;

export const questionBodySchema = z.object({
  model: modelSchema,
  answered: z.object({ id: z.int(), vectors: z.array(vectorSchema).nullable() }).nullable(),
  timeout: z.number().min(0).max(300).describe('seconds to wait for a question'),
});
export type QuestionBody = z.infer<typeof questionBodySchema>;

export const questionAnswerSchema = z.object({
  question: z.object({ id: z.int(), texts: z.array(z.string()) }).nullable(),
});
export type QuestionAnswer = z.infer<typeof questionAnswerSchema>;
