/** The heartbeat: what memory hands the gateway for it (`GET /heartbeat`), and what clients see of it. */
import * as z from 'zod';
import { usageSchema } from './usage.ts';

/** Answer of memory's `GET /heartbeat`. */
export const heartbeatFilesSchema = z.object({
  text: z.string().nullable().describe('HEARTBEAT.md; null or empty where there is none'),
  memoryHash: z
    .string()
    .describe('over MEMORY.md and all notes: another one means that something was written'),
  times: z
    .array(z.string())
    .describe('dates and local times in MEMORY.md and the newest notes: YYYY-MM-DD or YYYY-MM-DD HH:MM'),
});

export type HeartbeatFiles = z.infer<typeof heartbeatFilesSchema>;

/** Of HEARTBEAT.md, by a tool; answer of memory's `POST /turns/ended`, until `POST /heartbeat/told` names it. */
export const heartbeatChangesSchema = z.array(
  z.object({
    id: z.string(),
    session: z.string().describe('conversation in which it was asked for'),
    was: z.string().describe('the passage, perhaps cut'),
    is: z.string(),
  }),
);

export type HeartbeatChange = z.infer<typeof heartbeatChangesSchema>[number];

export const beatViewSchema = z
  .object({
    slot: z.iso.datetime(),
    trigger: z.enum(['schedule', 'manual']),
    state: z.enum(['asking', 'delivering', 'ended']),
    outcome: z
      .enum([
        'found',
        'quiet',
        'repeated',
        'unchanged',
        'empty',
        'busy',
        'refused',
        'failed',
        'undelivered',
        'cancelled',
      ])
      .optional()
      .describe(
        'unchanged and empty: the model was not asked; quiet: it had nothing to say; refused: no budget was left for it',
      ),
    detail: z.string().optional().describe('why it was silent, or what went wrong'),
    why: z.string().optional().describe('why the model was asked, such as: the memory had changed'),
    text: z.string().optional().describe('what it found'),
    channel: z.string().optional(),
    turn: z.string().optional(),
    usage: usageSchema.optional(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'Beat' });

export type BeatView = z.infer<typeof beatViewSchema>;

export const heartbeatViewSchema = z
  .object({
    state: z.enum(['on', 'off']),
    intervalMs: z.int().optional(),
    activeHours: z.string().describe("in the owner's time zone, such as 08:00-23:00"),
    timeZone: z.string(),
    nextAt: z.iso.datetime().optional(),
    failures: z.int().describe('in a row'),
    model: z
      .string()
      .optional()
      .describe('that the last beat asked: of the agent heartbeat in soul.yaml, or of root'),
    beats: z.array(beatViewSchema).describe('newest first'),
  })
  .meta({ id: 'Heartbeat' });

export type HeartbeatView = z.infer<typeof heartbeatViewSchema>;
