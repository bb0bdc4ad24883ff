/**
 * The numbered events of a turn, as sent by `POST /prompt/stream` and `GET /api/turns/:id/events`.
 * Ids grow by one within an attempt; attempt n starts at (n - 1) * 1,000,000 + 1, so an id is never used twice, even
 * where a crash came between sending an event and storing it. Exactly one `done` or `error` ends a turn.
 */
import * as z from 'zod';
import { questionEventSchema } from './question.ts';
import { usageSchema } from './usage.ts';

export const EVENT_IDS_PER_ATTEMPT = 1_000_000;

export const turnEventSchemas = {
  queued: z.object({
    turn: z.string(),
    position: z.int().describe('turns of this session ahead of it'),
    key: z.string().optional().describe('the Idempotency-Key it was sent with'),
  }),
  started: z.object({ turn: z.string(), session: z.string() }),
  token: z.object({ text: z.string() }),
  replace: z.object({ text: z.string().describe('stands instead of all text so far') }),
  reasoning: z.object({ text: z.string() }),
  tool: z.object({
    id: z.string(),
    name: z.string(),
    label: z.string().describe('for people, such as "Writing to memory"'),
    phase: z.enum(['start', 'call', 'end']).describe('arguments streaming, running, finished'),
    args: z.unknown().optional(),
    ok: z.boolean().optional(),
    summary: z.string().optional(),
  }),
  usage: usageSchema,
  notice: z.object({ text: z.string() }),
  question: questionEventSchema.describe('the turn waits for the owner; again when that is settled'),
  done: z.object({
    turn: z.string(),
    session: z.string(),
    text: z.string(),
    usage: usageSchema.nullable(),
    cut: z
      .literal(true)
      .optional()
      .describe('the model had more to say; its limit of tokens (max_tokens) ended the answer'),
    mergedInto: z
      .string()
      .optional()
      .describe('the turn that answered this one too, in queue modes collect and steer'),
  }),
  error: z.object({
    code: z.string(),
    message: z.string(),
    retryable: z.boolean(),
    partial: z.string().optional(),
  }),
} as const;

export type TurnEventType = keyof typeof turnEventSchemas;

export type TurnEventData = { [T in TurnEventType]: z.infer<(typeof turnEventSchemas)[T]> };

/** One event before it has a number. */
export type TurnEvent = { [T in TurnEventType]: { type: T; data: TurnEventData[T] } }[TurnEventType];

/** One event of a turn's log. */
export type NumberedEvent = TurnEvent & { id: number };

export function endsTurn(event: { type: TurnEventType }): boolean {
  return event.type === 'done' || event.type === 'error';
}
