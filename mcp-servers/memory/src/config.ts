/** The environment of the memory server. */
import { resolve } from 'node:path';
import { AGENT_DOOR } from '@mobyclaw/lib/agent-door';
import { listenSchema, secretSchema } from '@mobyclaw/lib/part-settings';
import { readEnvironment } from '@mobyclaw/lib/read-environment';
import { mcpSettings } from '@mobyclaw/mcp/settings';
import * as z from 'zod';

const environmentSchema = z.object({
  ...mcpSettings,
  MOBYCLAW_MEMORY_TOKEN: secretSchema,
  MOBYCLAW_CAPABILITY_KEY: secretSchema,
  MOBYCLAW_MEMORY_LISTEN: listenSchema.prefault('127.0.0.1:9100'),
  MOBYCLAW_DEFAULTS: z.string().min(1).optional(),
  [AGENT_DOOR]: z.string().min(1).optional(),
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
  /** Path of the socket on which the agent reaches his tools and nothing else. */
  agentDoor?: string | undefined;
  allowedHosts: string[];
  /** Bytes of MEMORY.md that are published to the agent. */
  budgetBytes: number;
  timeZone: string;
  /** Folder with soul.yaml and defaults/, where it is not the one beside the program. */
  defaults: string | undefined;
}

/** @throws StartError */
export function readConfig(environment: NodeJS.ProcessEnv): MemoryConfig {
  const values = readEnvironment('memory', environmentSchema, environment);
  return {
    home: resolve(values.MOBYCLAW_HOME),
    token: values.MOBYCLAW_MCP_TOKEN,
    gatewayToken: values.MOBYCLAW_MEMORY_TOKEN,
    capabilityKey: values.MOBYCLAW_CAPABILITY_KEY,
    listen: values.MOBYCLAW_MEMORY_LISTEN,
    agentDoor: values[AGENT_DOOR],
    allowedHosts: values.MOBYCLAW_ALLOWED_HOSTS,
    budgetBytes: values.MOBYCLAW_MEMORY_BUDGET,
    timeZone: values.MOBYCLAW_TZ,
    defaults: values.MOBYCLAW_DEFAULTS,
  };
}
