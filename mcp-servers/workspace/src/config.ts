/**
 * The environment of the workspace server, read once at start; a wrong value stops it with a word on what is right.
 *
 * `MOBYCLAW_WORKSPACES` is a JSON object, so that a path may hold any character:
 * `{"notes": {"path": "/workspace/notes", "mode": "rw"}}`. What the modes mean is said in `workspaces.ts`.
 */
import { z } from 'zod';
import type { Workspace } from './workspaces.ts';

const listenSchema = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, 'write host:port, such as 127.0.0.1:9200')
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, 'the port must be at most 65535');

const nameSchema = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,63}$/u,
    'a workspace name has up to 64 letters, digits, dots, dashes and underscores, and starts with a letter or digit',
  );

const workspaceSchema = z.strictObject({
  path: z
    .string()
    .startsWith('/', 'the path must be absolute')
    .refine((path) => !path.includes('\0'), 'the path holds a NUL byte'),
  mode: z.enum(['ro', 'rw', 'none']),
});

const workspacesSchema = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('it must be JSON, such as {"notes": {"path": "/workspace/notes", "mode": "rw"}}');
      return z.NEVER;
    }
  })
  .pipe(z.record(nameSchema, workspaceSchema))
  .transform((named): Workspace[] => Object.entries(named).map(([name, rest]) => ({ name, ...rest })))
  .superRefine((workspaces, context) => {
    const seen = new Map<string, string>();
    for (const { name } of workspaces) {
      const folded = name.normalize('NFC').toLowerCase(); // one folder on a file system that ignores case
      const other = seen.get(folded);
      if (other !== undefined) context.addIssue(`"${other}" and "${name}" are too much alike; rename one`);
      seen.set(folded, name);
    }
  });

const environmentSchema = z.object({
  MOBYCLAW_MCP_TOKEN: z
    .string('it must be set; `mobyclaw up` makes a new one at each start')
    .min(16, 'it must have at least 16 characters'),
  MOBYCLAW_WORKSPACE_LISTEN: listenSchema.prefault('127.0.0.1:9200'),
  MOBYCLAW_ALLOWED_HOSTS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim().toLowerCase())
        .filter((name) => name !== ''),
    ),
  MOBYCLAW_WORKSPACES: workspacesSchema.prefault('{}'),
});

export interface WorkspaceConfig {
  token: string;
  listen: { host: string; port: number };
  allowedHosts: string[];
  workspaces: Workspace[];
}

export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** @throws ConfigError naming each wrong variable, never a secret value */
export function readConfig(environment: NodeJS.ProcessEnv): WorkspaceConfig {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(set);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issueText(issue)}`);
    throw new ConfigError(faults.join('; '));
  }
  const values = parsed.data;
  return {
    token: values.MOBYCLAW_MCP_TOKEN,
    listen: values.MOBYCLAW_WORKSPACE_LISTEN,
    allowedHosts: values.MOBYCLAW_ALLOWED_HOSTS,
    workspaces: values.MOBYCLAW_WORKSPACES,
  };
}

/** A wrong key of a record hides its reason one level down. */
function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_key') return issue.message;
  return issue.issues.map(({ message }) => message).join(', ');
}
