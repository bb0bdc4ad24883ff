/** The folders of the owner that Moby may work in: workspaces.conf, of which this edits one line at a time. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { folderFault, forbiddenPlaces } from '@mobyclaw/lib/workspace-folders/forbidden-places';
import { findRepositories } from '@mobyclaw/lib/workspace-folders/repositories';
import {
  addWorkspace,
  parseWorkspacesConf,
  removeWorkspace,
  type WorkspaceMode,
  WorkspacesConfError,
} from '@mobyclaw/lib/workspaces-conf';
import { Option } from 'commander';
import { CliError, EXIT, type ExitCode } from '../cli-error.ts';
import type { Define } from '../command.ts';
import { selfRun } from '../compose/self-run.ts';
import { isMeant, SENSITIVE_FLAG } from '../compose/sensitive-folders.ts';
import type { Context } from '../context.ts';
import { readTextIfThere } from '../env-file.ts';
import type { Ask } from '../init/ask.ts';
import { runningStack } from '../running-stack.ts';
import { columnsOf, print, printJson, say, table } from '../terminal.ts';

interface AddOptions {
  mode: WorkspaceMode;
  allowSensitiveFolder?: true;
}

const MOST_NAMED = 5; // more is no reading

export const command: Define = (target, context, exit) => {
  target
    .command('list', { isDefault: true })
    .description('list them')
    .option('--json', 'print JSON')
    .action((options: { json?: true }) => exit(list(context, options)));
  target
    .command('add <name> <folder>')
    .description('give Moby a folder, as /workspace/<name>')
    .addOption(
      new Option(
        '--mode <mode>',
        'rw: read and write; ro: read only; none: by his file tools alone, not in his shell',
      )
        .choices(['rw', 'ro', 'none'])
        .default('rw'),
    )
    .option(SENSITIVE_FLAG, 'for a home folder, ~/.ssh and the like, where nobody can be asked')
    .action(async (name: string, folder: string, options: AddOptions) =>
      exit(await add(context, name, folder, options)),
    );
  target
    .command('remove <name>')
    .description('take it away from him; the folder itself stays')
    .action(async (name: string) => exit(await remove(context, name)));
};

function list({ data, terminal }: Context, { json }: { json?: true }): ExitCode {
  const entries = explained(() =>
    parseWorkspacesConf(readTextIfThere(data.workspaces) ?? '', data.workspaces),
  );
  if (json)
    printJson(
      terminal,
      entries.map(({ name, path, mode }) => ({ name, path, mode })),
    );
  else if (entries.length === 0)
    say(terminal, 'Moby has no folder of yours. Give him one: ./mobyclaw workspace add notes ~/notes');
  else {
    const rows = entries.map(({ name, path, mode }) => [name, mode, path]);
    print(terminal, table([['NAME', 'MODE', 'FOLDER'], ...rows], columnsOf(terminal)));
  }
  return EXIT.ok;
}

async function add(context: Context, name: string, folder: string, options: AddOptions): Promise<ExitCode> {
  const { mode, allowSensitiveFolder = false } = options;
  const { data, checkout, terminal } = context;
  const path = resolve(folder); // as the shell means it, from where the owner stands
  const before = readTextIfThere(data.workspaces) ?? '';
  const text = explained(() => addWorkspace(before, { name, path, mode }, data.workspaces));
  const fault = await folderFault(path, forbiddenPlaces(data.root, checkout, terminal.env));
  if (fault !== null) throw new CliError(`workspace "${name}": ${fault}`);
  if (!(await isMeant(path, terminal.env, allowSensitiveFolder, await askOf(context))))
    throw new CliError('Nothing was changed.');
  await write(context, text);
  say(terminal, `Moby is given ${path} as /workspace/${name} (${mode}). ${applied(context)}`);
  if (mode === 'rw') for (const line of await consequences(path)) say(terminal, line);
  return EXIT.ok;
}

async function askOf({ terminal }: Context): Promise<Ask | null> {
  if (!terminal.stdin.isTTY || !terminal.stderr.isTTY) return null;
  const { Ask } = await import('../init/ask.ts');
  return new Ask(terminal);
}

/** What it means for the owner's own programs that Moby can write there. */
async function consequences(path: string): Promise<string[]> {
  const { found, links, more } = await findRepositories(path);
  const programs = await selfRun(path);
  const lines: string[] = [];
  if (found.length > 0) {
    lines.push(
      `Repositories in it are read-only for his shell in containers (${some(found)}): git on your machine runs what stands in them. He commits in a clone of his own.`,
      'A repository that is made in there later is so from the next ./mobyclaw up on. Look into one that you do not know before you run git in it.',
    );
  }
  if (links.length > 0) lines.push(`Not so: ${some(links)}, being links.`);
  if (more) lines.push('The folder is too large to find every repository in it; give him a smaller one.');
  if (programs.length > 0)
    lines.push(
      `Programs of yours run what he may change here: ${programs.join(', ')}. Look at his changes before you use them.`,
    );
  return lines;
}

function some(paths: readonly string[]): string {
  const rest = paths.length - MOST_NAMED;
  return paths.slice(0, MOST_NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** The name is taken literally: there is no pattern that could mean more than one. */
async function remove(context: Context, name: string): Promise<ExitCode> {
  const { data, terminal } = context;
  const text = explained(() => removeWorkspace(readTextIfThere(data.workspaces) ?? '', name));
  if (text === null) {
    throw new CliError(`There is no workspace "${name}". ./mobyclaw workspace list shows those there are.`);
  }
  await write(context, text);
  say(terminal, `The workspace ${name} is taken away. ${applied(context)}`);
  return EXIT.ok;
}

function applied({ data }: Context): string {
  return runningStack(data) === null ? 'It counts from the next start on.' : 'Run ./mobyclaw up to apply it.';
}

async function write({ data }: Context, text: string): Promise<void> {
  mkdirSync(data.root, { recursive: true, mode: 0o700 });
  await writeFileAtomic(data.workspaces, text);
}

function explained<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof WorkspacesConfError) throw new CliError(error.message, { cause: error });
    throw error;
  }
}
