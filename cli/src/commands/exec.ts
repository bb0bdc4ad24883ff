/** Runs a program in a container of the stack, with this terminal, and ends as it ends. */
import { spawn } from 'node:child_process';
import { UsageError } from '../cli-error.ts';
import type { Define } from '../command.ts';
import { ComposeProject } from '../compose/project.ts';
import { serviceName } from '../compose/service-name.ts';
import type { Context } from '../context.ts';
import { runningStack } from '../running-stack.ts';

export const command: Define = (target, context, exit) => {
  target
    .argument('<service>', 'moby, gateway, memory or workspace')
    .argument('<command...>', 'the program and its arguments, such as: exec moby bash')
    .passThroughOptions()
    .action(async (service: string, words: string[]) => exit(await exec(context, service, words)));
};

async function exec(context: Context, service: string, words: readonly string[]): Promise<number> {
  if (runningStack(context.data)?.mode === 'local') {
    throw new UsageError('In local mode there are no containers: the parts are processes of this machine.');
  }
  const { checkout, env } = new ComposeProject(context).process;
  const { stdin, stdout } = context.terminal;
  const terminal = stdin.isTTY && stdout.isTTY ? [] : ['-T'];
  const args = [
    'compose',
    '--project-directory',
    checkout,
    'exec',
    ...terminal,
    serviceName(service),
    ...words,
  ];
  const child = spawn('docker', args, { cwd: checkout, env: env as NodeJS.ProcessEnv, stdio: 'inherit' });
  // Ctrl-C is for the program in there.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 130));
    });
  } finally {
    process.off('SIGINT', ignore);
  }
}
