/** Environment of an MCP server of ours, read once at start; a wrong value stops it with a word on what is right. */
import { plainFaults, plainIssue } from '@mobyclaw/lib/plain-issue';
import * as z from 'zod';

export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** A secret that two parts share; whoever starts them gives it to both. */
export const secretSchema = z
  .string('it must be set; `mobyclaw up` makes one')
  .min(16, 'it must have at least 16 characters');

/** What each of them is told, besides where to listen. */
export const mcpSettings = {
  MOBYCLAW_MCP_TOKEN: secretSchema,
  MOBYCLAW_ALLOWED_HOSTS: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((name) => name.trim().toLowerCase() || [])),
};

/** An address `host:port`, an IPv6 host in brackets. */
export const listenSchema = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, 'write host:port, such as 127.0.0.1:9100')
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, 'the port must be at most 65535');

/** An empty value counts as not set. @throws ConfigError naming each wrong variable, never its value */
export function readEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  environment: NodeJS.ProcessEnv,
): z.output<Schema> {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(set, { error: plainIssue });
  if (parsed.success) return parsed.data;
  throw new ConfigError(plainFaults(parsed.error).join('; '));
}
