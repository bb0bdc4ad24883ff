/**
 * Compose knows a stack by its project name alone, so a second data directory would take over the containers of the
 * first. That is refused, with the way to have both.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { quoted } from '@mobyclaw/lib/shell-quote';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { ComposeProject } from './project.ts';

const run = promisify(execFile);

/** @returns the data directory of the containers there, where it is another one than this; null where it is not */
export async function otherHome(
  { data, terminal }: Context,
  project: ComposeProject,
): Promise<string | null> {
  const memory = (await project.services()).find(({ name }) => name === 'memory');
  if (memory === undefined) return null;
  const format = '{{range .Mounts}}{{if eq .Destination "/data"}}{{.Source}}{{end}}{{end}}';
  const { stdout } = await run('docker', ['inspect', '--format', format, memory.container], {
    env: terminal.env as NodeJS.ProcessEnv,
  });
  const other = stdout.trim();
  // Docker Desktop shows its own path to a folder of this machine.
  return other === '' || other.endsWith(data.root) ? null : other;
}

/** @throws CliError where the containers there belong to another data directory */
export async function refuseOtherHome(context: Context, project: ComposeProject): Promise<void> {
  const other = await otherHome(context, project);
  if (other === null) return;
  throw new CliError(
    `Containers of another data directory, ${other}, go by the same name. Stop them first (MOBYCLAW_HOME=${quoted(other)} ./mobyclaw down), or run both: set COMPOSE_PROJECT_NAME to another name in the environment, and MOBYCLAW_PORT to another port.`,
  );
}
