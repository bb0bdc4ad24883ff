/**
 * `run/local.json` in the data directory: how the background process of local mode tells the CLI how far it is and what
 * is wrong. Written by the supervisor alone, as a whole and by rename; gone after an orderly stop. A file whose
 * process is dead is what a killed supervisor left, or, in state `failed`, its last word.
 */
import * as z from 'zod';

/** Path inside the data directory. */
export const LOCAL_STATE_FILE = 'run/local.json';

export const localPartSchema = z.object({
  name: z.enum(['memory', 'workspace', 'egress', 'agent', 'gateway']),
  state: z
    .enum(['waiting', 'starting', 'ready', 'restarting', 'broken', 'stopping', 'stopped'])
    .describe('waiting: for the parts before it; broken: runs again only when its soul.yaml is right'),
  pid: z.int().nullable(),
  birth: z
    .string()
    .nullable()
    .describe('when the process began, as the system says it: tells it from a later one with the same pid'),
  restarts: z.int(),
  problem: z.string().optional().describe('why it is not ready, and what to do'),
});

export type LocalPart = z.infer<typeof localPartSchema>;

export const sandboxReportSchema = z.object({
  state: z
    .enum(['on', 'off', 'impossible'])
    .describe('off: the owner wants none; impossible: he would have had one, but this machine cannot'),
  why: z.string().optional().describe('of impossible: a sentence without its dot'),
  cure: z
    .string()
    .optional()
    .describe('of impossible: what to do, sentences; empty where nothing can be done'),
  withheld: z.array(z.string()).optional().describe('workspaces that his shell does not get, sentences'),
});

/** Whether the agent and his shell stand behind walls in local mode. */
export type SandboxReport = z.infer<typeof sandboxReportSchema>;

export const localStateSchema = z.object({
  pid: z.int(),
  version: z.string(),
  program: z.string().optional().describe('path of the bundle that runs as the background process'),
  build: z.string().optional().describe('version and digest of the build it belongs to, as in its `.built`'),
  startedAt: z.iso.datetime(),
  port: z.int().describe('of the gateway, on 127.0.0.1'),
  state: z
    .enum(['starting', 'ready', 'degraded', 'failed', 'stopping'])
    .describe('degraded: keeps trying while a part has a problem; failed: gave up, the process ends'),
  problem: z.string().optional().describe('what is wrong and what to do, for the owner'),
  sandbox: sandboxReportSchema
    .optional()
    .describe('absent where it is not known yet, or of an older version'),
  parts: z.array(localPartSchema),
});

export type LocalState = z.infer<typeof localStateSchema>;
