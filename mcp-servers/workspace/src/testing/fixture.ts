/** What the tests share: a workspace beside a folder that nothing may reach, and the tools over it in this process. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { McpAnswer } from '@mobyclaw/mcp/tool';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { workspaceTools } from '../tools.ts';
import type { WorkspaceMode } from '../workspaces.ts';

export const SECRET = 'the secret that lies outside';

export interface Fixture {
  /** Root of the workspace `notes`. */
  root: string;
  outside: string;
  /** Answers with the text of the tool. @throws ToolError as the tool does */
  call(tool: string, input?: object): Promise<string>;
  answer(tool: string, input?: object): Promise<McpAnswer>;
  /** What lies outside, by name; to be the same before and after. */
  outsideNow(): Record<string, string>;
}

export interface FixtureOptions {
  mode?: WorkspaceMode;
  /** Further workspaces, by name, relative to the folder above the root. */
  others?: Record<string, { path: string; mode: WorkspaceMode }>;
  searchTimeoutMs?: number;
}

export function workspaceFixture(options: FixtureOptions = {}): Fixture {
  const base = temporaryFolder();
  const root = join(base, 'notes');
  const outside = join(base, 'outside');
  for (const folder of [root, outside]) mkdirSync(folder);
  writeFileSync(join(outside, 'secret.txt'), `${SECRET}\n`);
  writeFileSync(join(outside, 'victim.txt'), 'untouched\n');
  const others = Object.entries(options.others ?? {}).map(([name, { path, mode }]) => {
    const folder = join(base, path);
    mkdirSync(folder, { recursive: true });
    return { name, path: folder, mode };
  });
  const tools = workspaceTools({
    workspaces: [{ name: 'notes', path: root, mode: options.mode ?? 'rw' }, ...others],
    signal: new AbortController().signal,
    ...(options.searchTimeoutMs === undefined ? {} : { searchTimeoutMs: options.searchTimeoutMs }),
  });
  const answer = (name: string, input: object = {}): Promise<McpAnswer> => {
    const tool = tools.find(({ definition }) => definition.name === `workspace_${name}`);
    if (!tool) throw new Error(`there is no workspace_${name}`);
    return tool.call(input, {});
  };
  return {
    root,
    outside,
    answer,
    call: async (name, input) => {
      const given = await answer(name, input);
      if (typeof given !== 'string') throw new Error('the answer is not a text');
      return given;
    },
    outsideNow: () =>
      Object.fromEntries(
        readdirSync(outside)
          .sort()
          .map((name) => [name, readFileSync(join(outside, name), 'utf8')]),
      ),
  };
}
