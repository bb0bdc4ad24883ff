/**
 * The one stream of a page, `GET /api/stream`: everything that happens, in all conversations. A block of server-sent events
 * holds a JSON array of these and an id; whoever comes back with that id as Last-Event-ID is told what happened since, nothing
 * of it twice. Between two such blocks there may be some that hold a JSON string alone and no id: more text of the turn whose
 * `token` the last array ended with. Whoever comes back is told that text again, so he takes away what came after the id.
 * Events of a turn have the numbers of its own log (`events.ts`). The answer is not sent a second time at its
 * end: `done` and `error` say what the whole text is by its length and its checksum.
 */
import * as z from 'zod';
import { turnEventSchemas } from './events.ts';
import { usageSchema } from './usage.ts';

/** What a view may have to ask for again; a store names it by `Database.changed`. */
export const changedTopicSchema = z.enum([
  'sessions',
  'tokens',
  'push',
  'questions',
  'memory',
  'soul',
  'jobs',
  'heartbeat',
  'channels',
  'egress',
]);

export type ChangedTopic = z.infer<typeof changedTopicSchema>;

/** What tells two texts apart: UTF-16 units, and FNV-1a over them. */
const textMark = {
  chars: z.int().describe('length of the whole text in UTF-16 units'),
  check: z.int().describe('FNV-1a, 32 bits, over these units'),
};

const ofTurn = { turn: z.int().describe('order of arrival of its turn'), id: z.int() };

export const liveTurnSchema = z.object({
  type: z.literal('turn'),
  turn: z.int().describe('order of arrival'),
  key: z.string().describe('its id, UUIDv7'),
  session: z.string(),
  source: z.string(),
  prompt: z.string(),
  files: z.int().describe('attachments'),
  at: z.iso.datetime(),
  mergedInto: z.string().optional(),
});

export type LiveTurn = z.infer<typeof liveTurnSchema>;

const turnEvent = <T extends string, D extends z.ZodType>(type: T, data: D) =>
  z.object({ ...ofTurn, type: z.literal(type), data });

export const liveTurnEventSchema = z.discriminatedUnion('type', [
  turnEvent('queued', turnEventSchemas.queued),
  turnEvent('started', turnEventSchemas.started),
  turnEvent('token', turnEventSchemas.token),
  turnEvent('replace', turnEventSchemas.replace),
  turnEvent('reasoning', turnEventSchemas.reasoning),
  turnEvent('tool', turnEventSchemas.tool),
  turnEvent('usage', usageSchema),
  turnEvent('notice', turnEventSchemas.notice),
  turnEvent('question', turnEventSchemas.question),
  turnEvent('done', turnEventSchemas.done.omit({ text: true }).extend(textMark)),
  turnEvent('error', turnEventSchemas.error.omit({ partial: true }).extend(textMark)),
]);

export type LiveTurnEvent = z.infer<typeof liveTurnEventSchema>;

export const liveEventSchema = z
  .union([
    z.object({
      type: z.literal('hello').describe('the first of each connection'),
      version: z.string(),
      resumed: z.boolean().describe('false: load everything anew'),
      open: z.array(z.int()).describe('the turns that wait or run; another one has ended meanwhile'),
      lastMessage: z.int(),
    }),
    liveTurnSchema.describe('a turn that is new here, or whose prompt was changed'),
    liveTurnEventSchema,
    z.object({
      type: z.literal('message').describe('something new in the history; its text is asked for'),
      id: z.int(),
      session: z.string(),
      turn: z.string(),
      role: z.enum(['user', 'assistant', 'marker']),
    }),
    z.object({ type: z.literal('changed'), topics: z.array(changedTopicSchema) }),
  ])
  .meta({ id: 'LiveEvent' });

export type LiveEvent = z.infer<typeof liveEventSchema>;

/** What a block holds. */
export const liveBlockSchema = z.union([
  z.array(liveEventSchema),
  z.string().describe('more text of the turn whose token the last list ended with'),
]);

export type LiveBlock = z.infer<typeof liveBlockSchema>;
