/**
 * The one typed configuration of the gateway, read from the environment once, at start. What the owner may set of it, and
 * the defaults, stand in lib/src/settings.
 */

import { join } from 'node:path';
import type { ActiveHours } from '@mobyclaw/lib/active-hours';
import { AGENT_DOOR } from '@mobyclaw/lib/agent-door';
import { readEnvironment } from '@mobyclaw/lib/read-environment';
import type { QueueMode } from '@mobyclaw/protocol/prompt';
import * as z from 'zod';
import type { EmbeddingsSettings } from '../embeddings/embeddings-server.ts';
import type { Caps } from './caps.ts';
import { type ChannelsConfig, toChannelsConfig } from './channels-config.ts';

const agentUrl = z
  .string()
  .regex(/^(http:\/\/[^/]+|unix:\/\/\/.+)$/, 'write http://host:port or unix:///path/to/agent.sock');

/** What whoever starts the gateway decides, besides the owner's settings. */
const environmentSchema = z.object({
  MOBYCLAW_PORT: z.coerce.number().int().min(0).max(65_535).default(3000), // 0: any that is free, for tests
  MOBYCLAW_CAPABILITY_KEY: z.string().min(16, 'must have at least 16 characters').optional(),
  MOBYCLAW_BIND: z.enum(['127.0.0.1', '0.0.0.0']).default('127.0.0.1'),
  MOBYCLAW_AGENT_URL: agentUrl.default('http://127.0.0.1:8080'),
  MOBYCLAW_AGENT_CONTROL_URL: z.url().optional(),
  [AGENT_DOOR]: z.string().min(1).optional(),
  MOBYCLAW_MEMORY_URL: z.url().optional(),
  /** Whether whoever starts the gateway has left Moby no way out but egress. */
  MOBYCLAW_WALLS: z.enum(['on', 'off']).default('off'),
  MOBYCLAW_EGRESS_URL: z.url().optional(),
});

export interface GatewayConfig {
  /** The gateway's own folder, `<home>/gateway`. */
  folder: string;
  port: number;
  bind: '127.0.0.1' | '0.0.0.0';
  allowedHosts: string[];
  /** `mailto:` or `https:`, whom a push service complains to; null: nobody. */
  pushContact: string | null;
  agentUrl: string;
  agentToken: string | undefined;
  agentControlUrl: string | undefined;
  /** Path of the socket on which the agent reaches his tools and nothing else. */
  agentDoor?: string | undefined;
  memoryUrl: string | undefined;
  /** Whether Moby has no way out but egress. */
  hasWalls: boolean;
  /** Shown by the agent. */
  mcpToken: string | undefined;
  /** For the supervisor beside the agent. */
  controlToken: string | undefined;
  /** For the memory server. */
  memoryToken: string | undefined;
  /** What steers egress. */
  egressUrl: string | undefined;
  egressToken: string | undefined;
  /** Signs what a run may ask of the MCP servers. */
  capabilityKey: string | undefined;
  timeZone: string;
  /** Turns that run at the same time over all sessions. */
  maxTurns: number;
  queueMode: QueueMode;
  /** Turns that may wait in one session. */
  queueLimit: number;
  /** How long a question to the owner waits, in milliseconds; `unasked` for schedules and the heartbeat. */
  askTimeoutMs: { asked: number; unasked: number };
  /** Null: there is no server; a model that memory runs may be there. */
  embeddings: EmbeddingsSettings | null;
  /** Whether what belongs to a message is put in front of it without being asked for. */
  recallsUnasked: boolean;
  /** How full the model's window may get before a conversation is made shorter; from 0 to 1. */
  compactAt: number;
  /** Tokens of that window, where the owner names it. */
  contextWindow: number | null;
  /** A conversation idle for so many milliseconds starts afresh. */
  resetIdleMs: number | null;
  /** How long conversations are kept; null: for ever. */
  keepMs: number | null;
  /** Time of day in `timeZone` at which conversations start afresh. */
  resetDaily: { hour: number; minute: number } | null;
  /** Time of day in `timeZone` of the nightly look at the memory; null: never. */
  reviewAt: { hour: number; minute: number } | null;
  channels: ChannelsConfig;
  /** Where the owner wants the results of schedules and heartbeats; null: as things stand. */
  ownerChannel: string | null;
  heartbeat: {
    /** Null where it is off. */
    intervalMs: number | null;
    /** In `timeZone`. */
    activeHours: ActiveHours;
  };
  /** What may be spent, in US dollars and in tokens; null: as much as it takes. */
  budget: Caps;
  logLevel: string;
}

/** @throws StartError naming each variable that cannot be read, and what to write instead */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): GatewayConfig {
  const env = readEnvironment('gateway', environmentSchema, environment);
  return {
    folder: join(env.MOBYCLAW_HOME, 'gateway'),
    port: env.MOBYCLAW_PORT,
    bind: env.MOBYCLAW_BIND,
    allowedHosts: env.MOBYCLAW_ALLOWED_HOSTS ?? [],
    pushContact: env.MOBYCLAW_PUSH_CONTACT ?? addressOf(env.MOBYCLAW_ALLOWED_HOSTS ?? []),
    agentUrl: env.MOBYCLAW_AGENT_URL,
    agentToken: env.MOBYCLAW_AGENT_TOKEN,
    agentControlUrl: env.MOBYCLAW_AGENT_CONTROL_URL,
    agentDoor: env[AGENT_DOOR],
    memoryUrl: env.MOBYCLAW_MEMORY_URL,
    hasWalls: env.MOBYCLAW_WALLS === 'on',
    mcpToken: env.MOBYCLAW_MCP_TOKEN,
    controlToken: env.MOBYCLAW_CONTROL_TOKEN,
    memoryToken: env.MOBYCLAW_MEMORY_TOKEN,
    egressUrl: env.MOBYCLAW_EGRESS_URL,
    egressToken: env.MOBYCLAW_EGRESS_TOKEN,
    capabilityKey: env.MOBYCLAW_CAPABILITY_KEY,
    timeZone: env.MOBYCLAW_TZ,
    maxTurns: env.MOBYCLAW_MAX_TURNS,
    queueMode: env.MOBYCLAW_QUEUE_MODE,
    queueLimit: env.MOBYCLAW_QUEUE_LIMIT,
    askTimeoutMs: { asked: env.MOBYCLAW_ASK_TIMEOUT, unasked: env.MOBYCLAW_ASK_TIMEOUT_UNASKED },
    embeddings:
      env.MOBYCLAW_EMBEDDINGS_URL && env.MOBYCLAW_EMBEDDINGS_MODEL
        ? {
            url: env.MOBYCLAW_EMBEDDINGS_URL,
            model: env.MOBYCLAW_EMBEDDINGS_MODEL,
            key: env.MOBYCLAW_EMBEDDINGS_KEY,
          }
        : null,
    recallsUnasked: env.MOBYCLAW_RECALL === 'unasked',
    compactAt: env.MOBYCLAW_COMPACT_AT / 100,
    contextWindow: env.MOBYCLAW_CONTEXT_WINDOW ?? null,
    resetIdleMs: env.MOBYCLAW_RESET_IDLE,
    keepMs: env.MOBYCLAW_KEEP,
    resetDaily: env.MOBYCLAW_RESET_DAILY,
    reviewAt: env.MOBYCLAW_REVIEW,
    heartbeat: { intervalMs: env.MOBYCLAW_HEARTBEAT_INTERVAL, activeHours: env.MOBYCLAW_ACTIVE_HOURS },
    channels: toChannelsConfig(env),
    ownerChannel: env.MOBYCLAW_OWNER_CHANNEL ?? null,
    budget: {
      dayUsd: env.MOBYCLAW_BUDGET_DAY_USD,
      monthUsd: env.MOBYCLAW_BUDGET_MONTH_USD,
      dayTokens: env.MOBYCLAW_BUDGET_DAY_TOKENS,
      monthTokens: env.MOBYCLAW_BUDGET_MONTH_TOKENS,
    },
    logLevel: env.MOBYCLAW_LOG_LEVEL,
  };
}

/** Where the owner's browser reaches the gateway from elsewhere; names of one word are those of this network. */
function addressOf(hosts: readonly string[]): string | null {
  const name = hosts.find((host) => host.includes('.'));
  return name === undefined ? null : `https://${name}`;
}
