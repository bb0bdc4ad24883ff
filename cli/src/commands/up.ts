/**
 * Starts Moby, or says that he runs: in containers where Docker is there, else as processes of this machine (local
 * mode). What runs already stays in its mode unless told otherwise; a switch stops the other first. Where the program, a
 * setting or credentials.env has changed since he was started he is restarted with that.
 */
import { existsSync, statSync } from 'node:fs';
import type { LocalPart } from '@mobyclaw/protocol/local-state';
import { statusSchema } from '@mobyclaw/protocol/status';
import { CliError, EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import type { Define } from '../command.ts';
import { type Docker, findDocker } from '../compose/docker.ts';
import type { Context } from '../context.ts';
import { makeDataFolders } from '../data-directory.ts';
import { requireRoom } from '../disk-error.ts';
import { forgetOtherBuilds, placeBuild } from '../local/builds.ts';
import { isAlive, readLocalState } from '../local/local-state.ts';
import { startLocal, waitUntilReady } from '../local/start.ts';
import { changesSince } from '../local/started.ts';
import { stopLocal } from '../local/stop.ts';
import { wallsText } from '../local/walls-text.ts';
import { readComposeState, runningStack } from '../running-stack.ts';
import { envFilePath } from '../settings.ts';
import { print, say, styled, type Terminal } from '../terminal.ts';

export interface UpOptions {
  local?: true;
  compose?: true;
  build?: true;
}

export const command: Define = (target, context, exit) => {
  target
    .option('--local', 'as processes of this machine, without Docker')
    .option('--compose', 'in containers; an error where Docker is not there')
    .option('--build', 'build the images though nothing has changed')
    .action(async (options: UpOptions) => exit(await up(context, options)));
};

export async function up(context: Context, options: UpOptions = {}): Promise<ExitCode> {
  if (options.local && options.compose) throw new UsageError('--local and --compose exclude each other.');
  if (isFirstTime(context) && (await isAttended(context))) {
    const { init } = await import('../init/init.ts');
    say(
      context.terminal,
      'Moby has not been set up yet. A few questions first; Enter takes what is suggested.',
    );
    const mode = await init(context, { fromUp: true, ...(options.local && { local: true }) });
    if (mode === 'local') return upLocal(context);
  }
  const { workspaceDoubts } = await import('../compose/workspace-doubts.ts');
  for (const doubt of [...context.settings.doubts, ...(await workspaceDoubts(context))])
    say(context.terminal, styled(context.terminal, 'stderr', 'yellow', doubt));
  const { finishUpgrade } = await import('../upgrade/finish.ts');
  await finishUpgrade(context);
  const docker = options.local ? null : await dockerFor(context, options);
  return docker === null ? upLocal(context) : upCompose(context, docker, options.build === true);
}

function isFirstTime({ checkout, terminal }: Context): boolean {
  return statSync(envFilePath(checkout, terminal.env), { throwIfNoEntry: false }) === undefined;
}

async function isAttended(context: Context): Promise<boolean> {
  const { isAttended } = await import('../init/init.ts');
  return isAttended(context, false);
}

/** @returns null for local mode */
async function dockerFor(
  context: Context,
  { compose }: UpOptions,
): Promise<Extract<Docker, { ready: true }> | null> {
  const running = runningStack(context.data);
  if (running?.mode === 'local' && !compose) return null;
  const docker = await findDocker(context.terminal.env);
  if (docker.ready) return docker;
  if (compose || running?.mode === 'compose') throw new CliError(`${docker.problem}. ${docker.remedy}`);
  // Said once: who has had it so before knows.
  if (!existsSync(context.data.started))
    say(context.terminal, `${docker.problem}: starting in local mode, as processes of this machine.`);
  return null;
}

async function upCompose(
  context: Context,
  docker: Extract<Docker, { ready: true }>,
  build: boolean,
): Promise<ExitCode> {
  const { terminal } = context;
  const { settleSettings } = await import('../init/settle.ts');
  await settleSettings(context, docker);
  const local = readLocalState(context.data);
  if (local && isAlive(local)) say(terminal, 'Leaving local mode…');
  if (local) await stopLocal(context);
  const { startCompose } = await import('../compose/start.ts');
  say(terminal, 'Starting Moby…');
  const { port } = await startCompose(context, { docker, build: build ? 'always' : 'if-changed' });
  return answering(context, port);
}

async function upLocal(context: Context): Promise<ExitCode> {
  const { terminal } = context;
  if (readComposeState(context.data) !== null) {
    say(terminal, 'Stopping the containers first…');
    const { stopCompose } = await import('../compose/stop.ts');
    await stopCompose(context);
  }
  const running = readLocalState(context.data);
  const onPart = (part: LocalPart): void => say(terminal, progress(terminal, part));
  if (running && isAlive(running)) {
    const changes = changesSince(context, running);
    if (changes.length === 0 && running.state !== 'stopping' && running.state !== 'failed') {
      const gone = (): string | null => (isAlive(running) ? null : 'It was stopped meanwhile.');
      if (running.state === 'ready') say(terminal, 'Moby is already running.');
      const state = await waitUntilReady(
        context,
        running.pid,
        running.state === 'ready' ? () => undefined : onPart,
        gone,
      );
      return answering(context, state.port);
    }
    say(
      terminal,
      changes.length > 0
        ? `Changed since the start: ${changes.join(', ')}. Restarting…`
        : 'Moby is stopping; starting him again after that…',
    );
  } else {
    say(terminal, 'Starting Moby…');
  }
  makeDataFolders(context.data);
  await requireRoom(context.data.root);
  const build = await placeBuild(context);
  if (running) await stopLocal(context);
  const { port, sandbox } = await startLocal(context, onPart, build);
  await forgetOtherBuilds(context.data, build);
  const code = await answering(context, port);
  const walls = await wallsText(context, sandbox);
  say(
    terminal,
    walls.closed ? `${walls.line}.` : styled(terminal, 'stderr', 'yellow', `Mind: ${walls.line}.`),
  );
  for (const text of sandbox?.withheld ?? []) say(terminal, styled(terminal, 'stderr', 'yellow', text));
  const { startsAfterReboot } = await import('../service/installed.ts');
  if (!startsAfterReboot(context))
    say(terminal, 'After a reboot nothing starts him; ./mobyclaw service install changes that.');
  return code;
}

async function answering(context: Context, port: number): Promise<ExitCode> {
  const { terminal } = context;
  const { agent, soul } = await context.withGateway((gateway) => gateway.json(statusSchema, '/api/status'));
  const engine = [agent.engine, agent.version].filter(Boolean).join(' ');
  print(
    terminal,
    `Moby answers: http://127.0.0.1:${port} (agent: ${engine}${agent.model ? `, model: ${agent.model}` : ''})`,
  );
  for (const problem of [soul.problem, agent.detail])
    if (problem) say(terminal, styled(terminal, 'stderr', 'yellow', problem));
  say(terminal, 'Talk with him: ./mobyclaw open in the browser, ./mobyclaw chat here');
  return EXIT.ok;
}

function progress(terminal: Terminal, { name, state, problem }: LocalPart): string {
  const mark =
    state === 'ready'
      ? styled(terminal, 'stderr', 'green', '✓')
      : problem === undefined
        ? '·'
        : styled(terminal, 'stderr', 'red', '✗');
  return `  ${mark} ${name.padEnd(9)} ${state}${problem === undefined ? '' : `: ${problem}`}`;
}
