/** Schedules: what a client asks for, what it is shown, and the record of each run. */
import * as z from 'zod';
import { sessionKeySchema } from './session-key.ts';
import { usageSchema } from './usage.ts';

export const MAX_JOB_TEXT_CHARS = 20_000;

const A_DURATION = 'write a number and its unit, such as 30m, 2h or 1d';
const A_TIME = 'write a time such as 20m, 18:00, tomorrow 9:00 or 2026-12-24T18:00';

const duration = z.string().min(2, A_DURATION).max(20, A_DURATION);
const time = z.string().min(1, A_TIME).max(40, A_TIME);

const jobText = z
  .string()
  .max(MAX_JOB_TEXT_CHARS, `longer than ${MAX_JOB_TEXT_CHARS} characters`)
  .refine((text) => text.trim() !== '', 'is empty');

/** Exactly one of `at`, `every` and `cron`. */
const scheduleFields = {
  at: time
    .optional()
    .describe(
      'once: RFC 3339 such as 2026-12-24T18:00:00+01:00, local time such as 2026-12-24T18:00, or the next such moment: 20m, 18:00, tomorrow 9:00, fri 8am',
    ),
  every: duration.optional().describe('again and again: a duration such as 30m, 2h or 1d'),
  start: time.optional().describe('with every: the first time, as for at; the others follow from it'),
  cron: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('five fields: minute hour day-of-month month day-of-week; names, ranges, lists, steps, L'),
  timeZone: z.string().min(1).max(60).optional().describe("IANA name; the owner's unless given"),
};

const taskFields = {
  name: z.string().trim().min(1, 'is empty').max(100, 'longer than 100 characters'),
  message: jobText
    .optional()
    .describe('sent as it is, without the model; beside a prompt: sent if the prompt fails'),
  prompt: jobText.optional().describe('what Moby is asked; his answer is sent'),
  channel: sessionKeySchema
    .optional()
    .describe("where it is sent; unless given the owner's chosen channel, else where it was asked"),
  session: z
    .enum(['keep', 'fresh'], 'write keep or fresh')
    .optional()
    .describe(
      'fresh (default): each run begins anew; keep: each knows the runs before, the last exchanges at least',
    ),
  misfire: z
    .enum(['skip', 'once', 'all'], 'write skip, once or all')
    .optional()
    .describe('times missed while Moby was off: none, the last one (default), or each'),
  maxAge: duration
    .optional()
    .describe('missed times older than this are not made up for; no limit unless given'),
  overlap: z
    .enum(['skip', 'queue', 'parallel'], 'write skip, queue or parallel')
    .optional()
    .describe('while the run before still works: leave this one out (default), wait, or run beside it'),
  until: time.optional().describe('last moment at which it may run, as for at'),
  count: z
    .int()
    .min(1, 'write 1 or more')
    .max(1_000_000, 'write at most 1000000')
    .optional()
    .describe('it ends after so many runs'),
  retries: z
    .int()
    .min(0, 'write 0 to 10')
    .max(10, 'write 0 to 10')
    .optional()
    .describe('how often a failed prompt is asked again; 2 unless given'),
  enabled: z.boolean().optional(),
};

export const jobRequestSchema = z
  .strictObject({ ...scheduleFields, ...taskFields })
  .meta({ id: 'JobRequest', description: 'Exactly one of at, every and cron; message, prompt or both' });

export type JobRequest = z.infer<typeof jobRequestSchema>;

export const jobPreviewRequestSchema = z.strictObject({
  ...scheduleFields,
  until: taskFields.until,
  count: z.coerce.number().int().min(1, 'write 1 or more').optional(),
});

export type JobPreviewRequest = z.infer<typeof jobPreviewRequestSchema>;

export const jobPreviewSchema = z
  .object({
    timeZone: z.string(),
    next: z.array(z.iso.datetime()).describe('up to five'),
    nextLocal: z.array(z.string()).describe('the same with the offset of the time zone'),
  })
  .meta({ id: 'JobPreview' });

export type JobPreview = z.infer<typeof jobPreviewSchema>;

const clearable = <T extends z.ZodType>(schema: T) => z.nullable(schema);

/** What is left out stays; null removes. One of at, every and cron replaces the schedule, whatever it was. */
export const jobChangeSchema = z
  .strictObject({
    ...scheduleFields,
    ...taskFields,
    name: taskFields.name.optional(),
    message: clearable(taskFields.message),
    prompt: clearable(taskFields.prompt),
    channel: clearable(taskFields.channel),
    maxAge: clearable(taskFields.maxAge),
    until: clearable(taskFields.until),
    count: clearable(taskFields.count),
  })
  .meta({ id: 'JobChange', description: 'What is left out stays; null removes' });

export type JobChange = z.infer<typeof jobChangeSchema>;

export const runViewSchema = z
  .object({
    id: z.string(),
    job: z.string(),
    slot: z.iso.datetime().describe('when it was due'),
    times: z
      .int()
      .optional()
      .describe(
        'how many times it stands for, where that is more than one; at least so many beyond a hundred',
      ),
    firstSlot: z.iso.datetime().optional().describe('of these times'),
    lastSlot: z.iso.datetime().optional(),
    trigger: z.enum(['schedule', 'late', 'manual']).describe('late: made up for after Moby was off'),
    state: z
      .enum(['waiting', 'running', 'retrying', 'delivering', 'ended'])
      .describe('delivering: the answer is there and on its way'),
    outcome: z
      .enum(['succeeded', 'fallback', 'failed', 'refused', 'undelivered', 'skipped', 'cancelled'])
      .optional()
      .describe(
        'fallback: the prompt failed and the message was sent instead; refused: no budget was left, which is no failure of the job',
      ),
    detail: z.string().optional().describe('why, where there is a reason to tell'),
    attempt: z.int().describe('how often the prompt was asked'),
    startedAt: z.iso.datetime().optional(),
    finishedAt: z.iso.datetime().optional(),
    durationMs: z.int().optional(),
    nextTryAt: z.iso.datetime().optional(),
    turn: z.string().optional(),
    text: z.string().optional().describe('what is sent'),
    usage: usageSchema.optional().describe('of all attempts; absent where no model was asked'),
    delivery: z.object({
      state: z.enum(['none', 'pending', 'accepted', 'failed']).describe('accepted: in the outbox, durably'),
      channel: z.string().optional(),
      error: z.string().optional(),
    }),
  })
  .meta({ id: 'JobRun' });

export type RunView = z.infer<typeof runViewSchema>;

const briefRunSchema = runViewSchema.pick({ slot: true, state: true, outcome: true, detail: true });

export const jobViewSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    at: z.iso.datetime().optional(),
    every: z.string().optional(),
    start: z.iso.datetime().optional(),
    cron: z.string().optional(),
    timeZone: z.string(),
    message: z.string().optional(),
    prompt: z.string().optional(),
    channel: z.string().optional(),
    target: z.string().optional().describe('where its result would go as things stand'),
    origin: z.string().optional().describe('the conversation it was asked in'),
    guest: z.boolean().optional().describe('asked for by somebody who is not the owner'),
    session: z.enum(['keep', 'fresh']),
    misfire: z.enum(['skip', 'once', 'all']),
    maxAge: z.string().optional(),
    overlap: z.enum(['skip', 'queue', 'parallel']),
    until: z.iso.datetime().optional(),
    count: z.int().optional(),
    retries: z.int(),
    enabled: z.boolean(),
    state: z
      .enum(['active', 'paused', 'finished', 'failed'])
      .describe('failed: switched off after too many failures in a row'),
    runs: z.int().describe('how often it has run'),
    failures: z.int().describe('in a row'),
    nextRun: z.iso.datetime().optional(),
    next: z.array(z.iso.datetime()).optional().describe('the next three times; with a single job only'),
    nextLocal: z.array(z.string()).optional().describe('the same with the offset of its time zone'),
    lastRun: briefRunSchema.optional(),
    lastFailure: briefRunSchema.optional().describe('the newest run that failed; with a single job only'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Job' });

export type JobView = z.infer<typeof jobViewSchema>;
