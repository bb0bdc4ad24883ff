import * as z from 'zod';
import { MAX_PROMPT_CHARS } from './prompt.ts';
import { usageSchema } from './usage.ts';

export const turnStateSchema = z
  .enum(['queued', 'running', 'done', 'failed', 'cancelled'])
  .meta({ id: 'TurnState' });

export type TurnState = z.infer<typeof turnStateSchema>;

export const turnViewSchema = z
  .object({
    turn: z.string().describe('UUIDv7'),
    session: z.string(),
    source: z.string().describe('where the prompt came from: api, cli, telegram …'),
    state: turnStateSchema,
    attempt: z.int().describe('how often it was started'),
    position: z.int().optional().describe('while queued: turns of this session ahead of it'),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().optional(),
    finishedAt: z.iso.datetime().optional(),
    text: z.string().optional().describe('the answer, or what came before it was cut'),
    cut: z
      .literal(true)
      .optional()
      .describe('the model had more to say, and its limit of tokens ended the answer'),
    usage: usageSchema.optional(),
    error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }).optional(),
    mergedInto: z.string().optional(),
  })
  .meta({ id: 'Turn' });

export type TurnView = z.infer<typeof turnViewSchema>;

/** Answer of `POST /api/turns`: the message is on disk. */
export const acceptedTurnSchema = z
  .object({
    turn: z.string(),
    session: z.string(),
    position: z.int().describe('turns of this session ahead of it'),
    duplicate: z.boolean().describe('it had been accepted before under this Idempotency-Key'),
  })
  .meta({ id: 'AcceptedTurn' });

export type AcceptedTurn = z.infer<typeof acceptedTurnSchema>;

export const turnChangeSchema = z
  .strictObject({ prompt: z.string().trim().min(1).max(MAX_PROMPT_CHARS) })
  .meta({ id: 'TurnChange', description: 'Other words for a turn that has not begun' });

/** Answer of `POST /prompt`. */
export const promptAnswerSchema = z
  .object({
    turn: z.string(),
    session: z.string(),
    text: z.string(),
    usage: usageSchema.nullable(),
    cut: z.literal(true).optional(),
  })
  .meta({ id: 'PromptAnswer' });

export type PromptAnswer = z.infer<typeof promptAnswerSchema>;
