/**
 * How the parts agree on a `soul.yaml` edit. All routes need `Authorization: Bearer` with a token that the agent does not
 * have: MOBYCLAW_MEMORY_TOKEN at memory, MOBYCLAW_CONTROL_TOKEN at the supervisor.
 *
 * Memory (owner's files):     GET /soul · GET /soul/watch?since=<hash>&timeout=<s> · POST /soul/publish · POST /soul/confirm · POST /soul/restore;
 *                             GET /soul/rules · POST /soul/allow {rule}, which answers 409 with a problem where the rule cannot be put into the file;
 *                             GET /heartbeat · POST /turns/ended · POST /heartbeat/told (protocol/heartbeat)
 *                             POST /forget/look and POST /forget (protocol/forget)
 * Supervisor (agent process): GET /status · POST /reload · POST /overwrite-sessions (deleted conversations leave no page behind) · GET /file?path=<as the agent names it>, which answers with the
 * bytes and `X-File-Name` (percent-encoded), or with a problem
 */
import * as z from 'zod';

/** Largest file that Moby sends to a chat: it passes through the outbox, which keeps it until it has arrived. */
export const MOST_FILE_BYTES = 25_000_000;

export const soulProblemSchema = z.object({
  message: z.string().describe('what is wrong and what to do'),
  line: z.int().optional(),
  column: z.int().optional(),
});

export type SoulProblem = z.infer<typeof soulProblemSchema>;

/** `candidate` is the owner's file as it stands now; `published` is what the agent is given; `confirmed` is the last that it ran. */
export const soulStateSchema = z.object({
  candidate: z.object({ hash: z.string(), problem: soulProblemSchema.optional() }).nullable(),
  published: z.string().nullable().describe('hash'),
  confirmed: z.string().nullable().describe('hash'),
});

export type SoulState = z.infer<typeof soulStateSchema>;

/** The `permissions` of the owner's file as it stands now, or of the last one without a mistake. */
export const soulRulesSchema = z.object({
  allow: z.array(z.string()),
  ask: z.array(z.string()),
  deny: z.array(z.string()),
});

export type SoulRules = z.infer<typeof soulRulesSchema>;

export const engineSchema = z.object({
  kind: z.enum(['cagent', 'embedded']),
  version: z.string().describe('as the program prints it, such as 1.32.3; empty where it does not say'),
});

export type Engine = z.infer<typeof engineSchema>;

export const supervisorStatusSchema = z.object({
  engine: engineSchema,
  state: z.enum(['starting', 'ready', 'broken', 'down']),
  pid: z.int().nullable(),
  startedAt: z.iso.datetime().nullable(),
  restarts: z.int().describe('since the supervisor started, reloads not counted'),
  soul: z.string().nullable().describe('hash of the published soul.yaml that the agent was started with'),
  altered: z.literal(true).optional().describe("the engine's copy of soul.yaml is not as it was made"),
  problem: soulProblemSchema.optional().describe('why the agent is broken or down, or cannot ask its model'),
});

export type SupervisorStatus = z.infer<typeof supervisorStatusSchema>;

/** Answer of `POST /reload`, given once the agent lists itself again or has shown that it will not. */
export const reloadResultSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), soul: z.string() }),
  z.object({ ok: z.literal(false), problem: soulProblemSchema }),
]);

export type ReloadResult = z.infer<typeof reloadResultSchema>;
