/** What the owner should know of the folders in workspaces.conf, whoever wrote the lines. */
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { readContents } from './override.ts';
import { sensitivity } from './sensitive-folders.ts';

/** @returns sentences; none where the file has a fault, of which others tell */
export async function workspaceDoubts({ data, checkout, terminal }: Context): Promise<string[]> {
  try {
    const { workspaces, open } = await readContents(data.root, checkout, terminal.env);
    const doubts: string[] = [];
    for (const { name, path } of workspaces) {
      const what = await sensitivity(path, terminal.env);
      if (what !== null) doubts.push(`The workspace ${name} is ${what}.`);
    }
    return [
      ...doubts,
      ...open.map((text) => `Repositories in workspaces are read-only for his shell, but ${text}.`),
    ];
  } catch (error) {
    if (error instanceof CliError) return [];
    throw error;
  }
}
