/** The environment of the memory server. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { isTimeZone, systemTimeZone } from '@mobyclaw/lib/time-zone';
import { listenSchema, mcpSettings, readEnvironment, secretSchema } from '@mobyclaw/mcp/settings';
import * as z from 'zod';

const DEFAULT_BUDGET_BYTES = 16 * 1024; // about 4,000 tokens in every model call

const environmentSchema = z.object({
  ...mcpSettings,
  MOBYCLAW_MEMORY_TOKEN: secretSchema,
  MOBYCLAW_CAPABILITY_KEY: secretSchema,
  MOBYCLAW_HOME: z
    .string()
    .min(1)
    .default(() => join(homedir(), '.mobyclaw'))
    .transform((path) => resolve(path)),
  MOBYCLAW_MEMORY_LISTEN: listenSchema.prefault('127.0.0.1:9100'),
  MOBYCLAW_MEMORY_BUDGET: z.coerce
    .number()
    .int()
    .min(1024, 'it is in bytes and must be at least 1024')
    .default(DEFAULT_BUDGET_BYTES),
  MOBYCLAW_TZ: z
    .string()
    .refine(isTimeZone, 'it must be an IANA time zone, such as Europe/Berlin')
    .default(() => systemTimeZone() ?? 'UTC'),
  MOBYCLAW_DEFAULTS: z.string().min(1).optional(),
});

export interface MemoryConfig {
  home: string;
  /** Of the agent. */
  token: string;
  /** Of the gateway. */
  gatewayToken: string;
  /** By which the gateway signs whose turn a call belongs to. */
  capabilityKey: string;
  listen: { host: string; port: number };
  allowedHosts: string[];
  /** Bytes of MEMORY.md that are published to the agent. */
  budgetBytes: number;
  timeZone: string;
  /** Folder with soul.yaml and defaults/, where it is not the one beside the program. */
  defaults: string | undefined;
}

/** @throws ConfigError */
export function readConfig(environment: NodeJS.ProcessEnv): MemoryConfig {
  const values = readEnvironment(environmentSchema, environment);
  return {
    home: values.MOBYCLAW_HOME,
    token: values.MOBYCLAW_MCP_TOKEN,
    gatewayToken: values.MOBYCLAW_MEMORY_TOKEN,
    capabilityKey: values.MOBYCLAW_CAPABILITY_KEY,
    listen: values.MOBYCLAW_MEMORY_LISTEN,
    allowedHosts: values.MOBYCLAW_ALLOWED_HOSTS,
    budgetBytes: values.MOBYCLAW_MEMORY_BUDGET,
    timeZone: values.MOBYCLAW_TZ,
    defaults: values.MOBYCLAW_DEFAULTS,
  };
}
