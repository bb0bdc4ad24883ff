/**
 * The environment of the workspace server.
 *
 * `MOBYCLAW_WORKSPACES` is a JSON object, so that a path may hold any character:
 * `{"notes": {"path": "/workspace/notes", "mode": "rw"}}`. What the modes mean is said in `workspaces.ts`.
 */
import { listenSchema } from '@mobyclaw/lib/part-settings';
import { readEnvironment } from '@mobyclaw/lib/read-environment';
import { mcpSettings } from '@mobyclaw/mcp/settings';
import * as z from 'zod';
import type { Workspace } from './workspaces.ts';

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
  ...mcpSettings,
  MOBYCLAW_WORKSPACE_LISTEN: listenSchema.prefault('127.0.0.1:9200'),
  MOBYCLAW_WORKSPACES: workspacesSchema.prefault('{}'),
});

export interface WorkspaceConfig {
  token: string;
  listen: { host: string; port: number };
  allowedHosts: string[];
  workspaces: Workspace[];
}

/** @throws StartError */
export function readConfig(environment: NodeJS.ProcessEnv): WorkspaceConfig {
  const values = readEnvironment('workspace', environmentSchema, environment);
  return {
    token: values.MOBYCLAW_MCP_TOKEN,
    listen: values.MOBYCLAW_WORKSPACE_LISTEN,
    allowedHosts: values.MOBYCLAW_ALLOWED_HOSTS,
    workspaces: values.MOBYCLAW_WORKSPACES,
  };
}
