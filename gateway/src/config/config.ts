/**
 * The one typed configuration of the gateway, read from the environment once, at start. A value that cannot be read is
 * an error that names the variable; an unset one has the default below. `docs` of each field are what `.env.example` says.
 */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseDuration } from '@mobyclaw/lib/duration';
import { plainFaults, plainIssue } from '@mobyclaw/lib/plain-issue';
import { systemTimeZone, zoneProblem } from '@mobyclaw/lib/time-zone';
import { ownerChannelConflict, ownerChannelSchema } from '@mobyclaw/protocol/owner-channel';
import { queueModeSchema } from '@mobyclaw/protocol/prompt';
import * as z from 'zod';
import { type ActiveHours, parseActiveHours } from '../calendar/active-hours.ts';
import type { Caps } from './caps.ts';
import {
  type ChannelsConfig,
  channelsConflict,
  channelsEnvironment,
  toChannelsConfig,
} from './channels-config.ts';

const number = (min: number, max: number, fallback: number) =>
  z.preprocess((value) => (value === undefined ? fallback : Number(value)), z.int().min(min).max(max));

const durationOrOff = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      if (text === 'off') return null;
      try {
        return parseDuration(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: `${(error as Error).message}, or off` });
        return z.NEVER;
      }
    });

const timeOfDayOrOff = z
  .string()
  .default('off')
  .transform((text, context) => {
    if (text === 'off') return null;
    const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
    if (match) return { hour: Number(match[1]), minute: Number(match[2]) };
    context.addIssue({
      code: 'custom',
      message: `"${text}" is not a time of day; write for example 04:00, or off`,
    });
    return z.NEVER;
  });

/** A positive number, or null where there is no cap. */
const cap = z.preprocess(
  (value) => (value === undefined || value === 'off' ? null : Number(value)),
  z.number('not a number; write for example 5, or off').positive('must be more than 0, or off').nullable(),
);

const activeHours = z
  .string()
  .default('08:00-23:00')
  .transform((text, context) => {
    try {
      return parseActiveHours(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });

const timeZone = z
  .string()
  .default(() => systemTimeZone() ?? 'UTC')
  .superRefine((name, context) => {
    const problem = zoneProblem(name);
    if (problem !== null) context.addIssue({ code: 'custom', message: `"${name}" ${problem}` });
  });

const list = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((item) => item.trim().toLowerCase() || []));

const agentUrl = z
  .string()
  .regex(/^(http:\/\/[^/]+|unix:\/\/\/.+)$/, 'write http://host:port or unix:///path/to/agent.sock');

const environmentSchema = z.object({
  MOBYCLAW_HOME: z.string().min(1).default(join(homedir(), '.mobyclaw')),
  MOBYCLAW_PORT: number(0, 65_535, 3000),
  MOBYCLAW_BIND: z.enum(['127.0.0.1', '0.0.0.0']).default('127.0.0.1'),
  MOBYCLAW_ALLOWED_HOSTS: list,
  MOBYCLAW_AGENT_URL: agentUrl.default('http://127.0.0.1:8080'),
  MOBYCLAW_AGENT_TOKEN: z.string().optional(),
  MOBYCLAW_AGENT_CONTROL_URL: z.url().optional(),
  MOBYCLAW_MEMORY_URL: z.url().optional(),
  MOBYCLAW_MCP_TOKEN: z.string().optional(),
  MOBYCLAW_CONTROL_TOKEN: z.string().optional(),
  MOBYCLAW_MEMORY_TOKEN: z.string().optional(),
  MOBYCLAW_CAPABILITY_KEY: z.string().min(16, 'it must have at least 16 characters').optional(),
  MOBYCLAW_TZ: timeZone,
  MOBYCLAW_MAX_TURNS: number(1, 4096, 16),
  MOBYCLAW_QUEUE_MODE: queueModeSchema.default('followup'),
  MOBYCLAW_QUEUE_LIMIT: number(1, 100_000, 100),
  MOBYCLAW_RESET_IDLE: durationOrOff('off'),
  MOBYCLAW_RESET_DAILY: timeOfDayOrOff,
  ...channelsEnvironment,
  MOBYCLAW_OWNER_CHANNEL: ownerChannelSchema.optional(),
  MOBYCLAW_HEARTBEAT_INTERVAL: durationOrOff('30m').refine(
    (ms) => ms === null || (ms >= 60_000 && ms <= 86_400_000),
    'must be between 1m and 24h, or off',
  ),
  MOBYCLAW_ACTIVE_HOURS: activeHours,
  MOBYCLAW_BUDGET_DAY_USD: cap,
  MOBYCLAW_BUDGET_MONTH_USD: cap,
  MOBYCLAW_BUDGET_DAY_TOKENS: cap,
  MOBYCLAW_BUDGET_MONTH_TOKENS: cap,
  MOBYCLAW_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export interface GatewayConfig {
  /** The gateway's own folder, `<home>/gateway`. */
  folder: string;
  port: number;
  bind: '127.0.0.1' | '0.0.0.0';
  allowedHosts: string[];
  agentUrl: string;
  agentToken: string | undefined;
  agentControlUrl: string | undefined;
  memoryUrl: string | undefined;
  /** Shown by the agent. */
  mcpToken: string | undefined;
  /** For the supervisor beside the agent. */
  controlToken: string | undefined;
  /** For the memory server. */
  memoryToken: string | undefined;
  /** Signs what a run may ask of the MCP servers. */
  capabilityKey: string | undefined;
  timeZone: string;
  /** Turns that run at the same time over all sessions. */
  maxTurns: number;
  queueMode: z.infer<typeof queueModeSchema>;
  /** Turns that may wait in one session. */
  queueLimit: number;
  /** A conversation idle for so many milliseconds starts afresh. */
  resetIdleMs: number | null;
  /** Time of day in `timeZone` at which conversations start afresh. */
  resetDaily: { hour: number; minute: number } | null;
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

/** A chosen chat on a platform that is switched off would never be used. */
function chosenConflict(env: z.infer<typeof environmentSchema>): string | null {
  const channel = env.MOBYCLAW_OWNER_CHANNEL;
  if (channel === undefined) return null;
  const conflict = ownerChannelConflict(channel, (name) => Boolean(env[name as keyof typeof env]));
  return conflict === null ? null : `MOBYCLAW_OWNER_CHANNEL: ${conflict}`;
}

export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** @throws ConfigError naming each variable that cannot be read, and what to write instead */
export function readConfig(environment: Record<string, string | undefined>): GatewayConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = environmentSchema.safeParse(given, { error: plainIssue });
  if (!result.success) {
    throw new ConfigError(`The configuration is not valid.\n  ${plainFaults(result.error).join('\n  ')}`);
  }
  const env = result.data;
  const conflict = channelsConflict(env) ?? chosenConflict(env);
  if (conflict !== null) throw new ConfigError(`The configuration is not valid.\n  ${conflict}`);
  return {
    folder: join(env.MOBYCLAW_HOME, 'gateway'),
    port: env.MOBYCLAW_PORT,
    bind: env.MOBYCLAW_BIND,
    allowedHosts: env.MOBYCLAW_ALLOWED_HOSTS,
    agentUrl: env.MOBYCLAW_AGENT_URL,
    agentToken: env.MOBYCLAW_AGENT_TOKEN,
    agentControlUrl: env.MOBYCLAW_AGENT_CONTROL_URL,
    memoryUrl: env.MOBYCLAW_MEMORY_URL,
    mcpToken: env.MOBYCLAW_MCP_TOKEN,
    controlToken: env.MOBYCLAW_CONTROL_TOKEN,
    memoryToken: env.MOBYCLAW_MEMORY_TOKEN,
    capabilityKey: env.MOBYCLAW_CAPABILITY_KEY,
    timeZone: env.MOBYCLAW_TZ,
    maxTurns: env.MOBYCLAW_MAX_TURNS,
    queueMode: env.MOBYCLAW_QUEUE_MODE,
    queueLimit: env.MOBYCLAW_QUEUE_LIMIT,
    resetIdleMs: env.MOBYCLAW_RESET_IDLE,
    resetDaily: env.MOBYCLAW_RESET_DAILY,
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
