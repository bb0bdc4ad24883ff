/** Lets the machine start Moby after a reboot, in local mode; Docker does that for containers by itself. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { CliError, EXIT, type ExitCode } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { readTextIfThere } from '../env-file.ts';
import { placeBuild, placedBuild } from '../local/builds.ts';
import { isAlive, readLocalState } from '../local/local-state.ts';
import { startLocal } from '../local/start.ts';
import { stopLocal } from '../local/stop.ts';
import { runningStack } from '../running-stack.ts';
import { serviceOf } from '../service/installed.ts';
import type { Service } from '../service/unit.ts';
import { print, say } from '../terminal.ts';

const run = promisify(execFile);

export const command: Define = (target, context, exit) => {
  target
    .command('status', { isDefault: true })
    .description('whether he is started after a reboot')
    .action(async () => exit(await status(context)));
  target
    .command('install')
    .description('start him after a reboot (systemd user unit, or launchd agent)')
    .action(async () => exit(await install(context)));
  target
    .command('remove')
    .description('start him no more')
    .action(async () => exit(await remove(context)));
  target
    .command('start', { hidden: true })
    .description('what the service runs: starts the build that ran last')
    .action(async () => exit(await start(context)));
};

async function status(context: Context): Promise<ExitCode> {
  const service = serviceOf(context);
  const text = readTextIfThere(service.file);
  if (text === null) {
    print(context.terminal, 'Nothing starts Moby after a reboot in local mode: ./mobyclaw service install');
    return EXIT.failure;
  }
  const enabled = (await attempt(context, service.check)) === null;
  const old =
    text === service.text ? '' : ', but is not as it would be written now: ./mobyclaw service install';
  print(context.terminal, `${service.file} is ${enabled ? 'in force' : 'there, but not enabled'}${old}`);
  return enabled ? EXIT.ok : EXIT.failure;
}

async function install(context: Context): Promise<ExitCode> {
  const { terminal, data, settings } = context;
  if (runningStack(data)?.mode === 'compose') {
    throw new CliError(
      'Moby runs in containers, and Docker starts these again by itself. See that Docker is started with the machine: sudo systemctl enable docker, or the settings of Docker Desktop.',
    );
  }
  const service = serviceOf(context);
  try {
    mkdirSync(dirname(service.file), { recursive: true });
    await writeFileAtomic(service.file, service.text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(`${service.file} cannot be written (${code}). Make its folder writable for you.`, {
      cause: error,
    });
  }
  const failed = await attemptAll(context, service.enable);
  print(terminal, `${service.file} starts Moby after a reboot.`);
  if (failed !== null) say(terminal, `It is not enabled yet (${failed}). Type:\n${commands(service.enable)}`);
  if (service.kind === 'systemd')
    say(terminal, 'He starts when you log in; for a start with the machine: loginctl enable-linger');
  const lost = Object.entries(settings.origin)
    .filter(([name, origin]) => origin === 'environment' && !service.text.includes(`${name}=`))
    .map(([name]) => name);
  if (lost.length > 0)
    say(
      terminal,
      `Set in this terminal alone, and so not there after a reboot: ${lost.join(', ')}. Put that into .env.`,
    );
  return EXIT.ok;
}

async function remove(context: Context): Promise<ExitCode> {
  const service = serviceOf(context);
  if (readTextIfThere(service.file) === null) {
    print(context.terminal, 'Nothing starts Moby after a reboot; there is nothing to remove.');
    return EXIT.ok;
  }
  const failed = await attemptAll(context, service.disable);
  rmSync(service.file, { force: true });
  print(context.terminal, `${service.file} is removed. What runs now goes on.`);
  if (failed !== null) say(context.terminal, `It could not be disabled first (${failed}).`);
  return EXIT.ok;
}

async function start(context: Context): Promise<ExitCode> {
  const { finishUpgrade } = await import('../upgrade/finish.ts');
  await finishUpgrade(context);
  const { data, terminal } = context;
  const state = readLocalState(data);
  if (runningStack(data) !== null && (state === null || isAlive(state))) {
    say(terminal, 'Moby runs already.');
    return EXIT.ok;
  }
  if (state) await stopLocal(context); // what a power cut or a kill has left
  const { port } = await startLocal(
    context,
    () => undefined,
    placedBuild(data) ?? (await placeBuild(context)),
  );
  print(terminal, `Moby answers: http://127.0.0.1:${port}`);
  return EXIT.ok;
}

function commands(list: Service['enable']): string {
  return list.map((words) => `  ${words.join(' ')}`).join('\n');
}

/** @returns why one of them failed, or null */
async function attemptAll(context: Context, list: Service['enable']): Promise<string | null> {
  for (const words of list) {
    const failed = await attempt(context, words);
    if (failed !== null) return failed;
  }
  return null;
}

async function attempt(
  { terminal }: Context,
  [program = '', ...args]: readonly string[],
): Promise<string | null> {
  try {
    await run(program, args, { env: terminal.env as NodeJS.ProcessEnv });
    return null;
  } catch (error) {
    const { code, stderr = '', message } = error as Error & { code?: string | number; stderr?: string };
    if (code === 'ENOENT') return `${program} is not there`;
    return stderr.trim().split('\n').at(-1) || message;
  }
}
