/**
 * What gateway and egress say to each other. All routes of egress's control server need `Authorization: Bearer` with
 * MOBYCLAW_EGRESS_TOKEN, which the agent does not have:
 *
 * GET /status · GET /events (server-sent events, `Last-Event-ID`) · PUT /turns · PUT /budget · POST /asks/<id> · GET /log ·
 * GET /calls?since= · GET /test?url= · POST /reload. `GET /healthz` is free.
 *
 * The agent reaches two other listeners: the relay (`/<route>/…`, by the virtual key) and the door (an HTTP proxy). On both
 * he may show whose turn it is: to the relay by its capability in the header `x-mobyclaw-capability`, to the door by the
 * turn's pass (lib/door-pass) as the password of Proxy-Authorization.
 */
import * as z from 'zod';
import { egressModeSchema } from './egress-rules.ts';

const turnSchema = z.string().describe('of the gateway; absent where it is not known');
const capUsd = z.number().positive().nullable().describe('US dollars; null: no cap');
const capTokens = z.number().positive().nullable();

export const capsSchema = z.object({
  dayUsd: capUsd,
  monthUsd: capUsd,
  dayTokens: capTokens,
  monthTokens: capTokens,
});
export type EgressCaps = z.infer<typeof capsSchema>;

/** US dollars per million tokens. */
export const modelPriceSchema = z.object({
  input: z.number(),
  output: z.number(),
  cached: z.number().optional(),
  cacheWrite: z.number().optional(),
});

const spentSchema = z.object({ usd: z.number(), tokens: z.number() });

/** `PUT /budget`: all that egress needs to decide alone, also while the gateway is away. */
export const egressBudgetSchema = z.object({
  caps: capsSchema,
  timeZone: z.string().describe('IANA; days and months are those of the owner'),
  prices: z
    .array(z.tuple([z.string(), modelPriceSchema]).readonly())
    .readonly()
    .describe('a pattern such as `provider/*`, and what it costs; the first that fits counts'),
  elsewhere: z
    .object({ day: z.string(), month: z.string(), ofDay: spentSchema, ofMonth: spentSchema })
    .optional()
    .describe(
      'spent by calls that egress did not see; day YYYY-MM-DD, month YYYY-MM; absent: as told before',
    ),
  liftedDay: z.string().nullable().describe('YYYY-MM-DD: the owner lets everything run on that day'),
});
export type EgressBudget = z.infer<typeof egressBudgetSchema>;

/** `PUT /turns`: those that run, as the gateway knows them. */
export const runningTurnSchema = z.object({
  turn: z.string(),
  session: z.string(),
  kind: z.enum(['owner', 'guest', 'webhook', 'schedule', 'heartbeat', 'upkeep']),
  attended: z.boolean().describe('somebody is likely to answer a question'),
  capability: z.string().describe('SHA-256 of it, in hex'),
  pass: z
    .string()
    .optional()
    .describe('SHA-256, in hex, of what programs of the turn show to the door (lib/door-pass)'),
  grants: z
    .array(z.object({ host: z.string(), port: z.int(), verdict: z.enum(['answer', 'no']) }))
    .optional()
    .describe('what the owner has decided for this turn, so that an egress that was killed knows it'),
});
export type RunningTurn = z.infer<typeof runningTurnSchema>;
export const runningTurnsSchema = z.object({ turns: z.array(runningTurnSchema) });

export const modelCallSchema = z.object({
  id: z.string(),
  provider: z.string().describe('as soul.yaml names it'),
  model: z.string().describe('as the request named it; empty where it named none'),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  status: z
    .enum(['ok', 'failed', 'cut', 'refused'])
    .describe('cut: it ended before its end, by whichever side; refused: by the budget, nothing was asked'),
  httpStatus: z.int().optional().describe('of the provider'),
  inputTokens: z.int().describe('with those read from the cache and written to it'),
  outputTokens: z.int(),
  cachedTokens: z.int().optional(),
  cacheWriteTokens: z.int().optional(),
  estimated: z.literal(true).optional().describe('the provider did not say; the tokens are a guess'),
  costUsd: z.number().optional().describe('absent where no price is known'),
  turn: turnSchema.optional(),
});
export type ModelCall = z.infer<typeof modelCallSchema>;

const callSumSchema = z.object({
  calls: z.int(),
  inputTokens: z.int().describe('with those read from the cache and written to it'),
  outputTokens: z.int(),
  cachedTokens: z.int(),
  costUsd: z.number().describe('of the calls whose cost is known'),
  unpricedCalls: z.int(),
  estimatedCalls: z.int().describe('of which the provider did not say what they used'),
});
export type CallSum = z.infer<typeof callSumSchema>;

/** `GET /calls?since=`: what was counted, from the providers' own answers. */
export const callSumsSchema = z.object({
  since: z.iso.datetime().describe('as asked, or later where the first call was'),
  ofTurns: callSumSchema.describe('of turns that have ended'),
  ofRunning: callSumSchema.describe('of turns that run'),
  ofNone: callSumSchema.describe('of which nobody could say to which turn they belong'),
  refused: z.int().describe('calls that the budget refused'),
});
export type CallSums = z.infer<typeof callSumsSchema>;

export const doorVerdictSchema = z.enum(['allowed', 'refused', 'asked']);

/** A row of the audit log: never what was said, only to whom and how much. */
export const doorRowSchema = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  host: z.string(),
  port: z.int(),
  verdict: doorVerdictSchema,
  reason: z.string(),
  bytesIn: z.int().describe('to Moby'),
  bytesOut: z.int().describe('from him'),
  turn: turnSchema.optional(),
  times: z.int().optional().describe('how often, where the same was refused again within a minute'),
});
export type DoorRow = z.infer<typeof doorRowSchema>;

export const doorAskSchema = z.object({
  id: z.string(),
  host: z.string(),
  port: z.int(),
  method: z.string().optional().describe('where it can be seen'),
  path: z.string().optional(),
  turn: turnSchema.optional(),
  turns: z
    .array(z.string())
    .optional()
    .describe('all of which it may be, where the program does not say; `turn` is the first'),
});
export type DoorAsk = z.infer<typeof doorAskSchema>;

/** `POST /asks/<id>`. `hold`: somebody is likely to answer, so the door keeps the request up to 20 s. */
export const askAnswerSchema = z.object({
  verdict: z.enum(['once', 'answer', 'always', 'no', 'hold']),
  unasked: z.literal(true).optional().describe('of a no: the owner is asked too much already, so he is not'),
});
export type AskAnswer = z.infer<typeof askAnswerSchema>;

const rulesProblemSchema = z.object({ message: z.string(), line: z.int().optional() });

/** An event of `GET /events`: its `event:` is the name, its `data:` the rest. */
export const egressEventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('call'), data: modelCallSchema }),
  z.object({ event: z.literal('door'), data: doorRowSchema }),
  z.object({ event: z.literal('ask'), data: doorAskSchema }),
  z.object({ event: z.literal('rules'), data: z.object({ problem: rulesProblemSchema.optional() }) }),
]);
export type EgressEvent = z.infer<typeof egressEventSchema>;

/** `GET /status`. */
export const egressStatusSchema = z.object({
  version: z.string(),
  mode: egressModeSchema.optional().describe('absent until there are rules'),
  problem: rulesProblemSchema
    .optional()
    .describe('of the owner’s egress.yaml; the last good one is in force'),
  caps: capsSchema
    .nullable()
    .describe('null: the gateway has not told them yet, so no model call is let through'),
  authority: z.string().optional().describe('SHA-256 of the certificate that Moby trusts'),
});
export type EgressStatus = z.infer<typeof egressStatusSchema>;
