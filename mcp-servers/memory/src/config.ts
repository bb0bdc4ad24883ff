/** The environment of the memory server, read once at start; a wrong value stops it with a word on what is right. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const DEFAULT_BUDGET_BYTES = 16 * 1024; // about 4,000 tokens in every model call

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

const listenSchema = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, 'write host:port, such as 127.0.0.1:9100')
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, 'the port must be at most 65535');

const environmentSchema = z.object({
  MOBYCLAW_HOME: z
    .string()
    .min(1)
    .default(() => join(homedir(), '.mobyclaw'))
    .transform((path) => resolve(path)),
  MOBYCLAW_MCP_TOKEN: z
    .string('it must be set; `mobyclaw up` makes a new one at each start')
    .min(16, 'it must have at least 16 characters'),
  MOBYCLAW_MEMORY_LISTEN: listenSchema.prefault('127.0.0.1:9100'),
  MOBYCLAW_ALLOWED_HOSTS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim().toLowerCase())
        .filter((name) => name !== ''),
    ),
  MOBYCLAW_MEMORY_BUDGET: z.coerce
    .number()
    .int()
    .min(1024, 'it is in bytes and must be at least 1024')
    .default(DEFAULT_BUDGET_BYTES),
  MOBYCLAW_TZ: z
    .string()
    .refine(isTimeZone, 'it must be an IANA time zone, such as Europe/Berlin')
    .default(() => Intl.DateTimeFormat().resolvedOptions().timeZone),
  MOBYCLAW_DEFAULTS: z.string().min(1).optional(),
});

export interface MemoryConfig {
  home: string;
  token: string;
  listen: { host: string; port: number };
  allowedHosts: string[];
  /** Bytes of MEMORY.md that are published to the agent. */
  budgetBytes: number;
  timeZone: string;
  /** Folder with soul.yaml and defaults/, where it is not the one beside the program. */
  defaults: string | undefined;
}

export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** @throws ConfigError naming each wrong variable, never its value */
export function readConfig(environment: NodeJS.ProcessEnv): MemoryConfig {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(set);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(faults.join('; '));
  }
  const values = parsed.data;
  return {
    home: values.MOBYCLAW_HOME,
    token: values.MOBYCLAW_MCP_TOKEN,
    listen: values.MOBYCLAW_MEMORY_LISTEN,
    allowedHosts: values.MOBYCLAW_ALLOWED_HOSTS,
    budgetBytes: values.MOBYCLAW_MEMORY_BUDGET,
    timeZone: values.MOBYCLAW_TZ,
    defaults: values.MOBYCLAW_DEFAULTS,
  };
}
