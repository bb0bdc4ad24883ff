/**
 * Restarts Moby or one part of him, as it is: changed settings and a new version come into force by `up`. Turns that run
 * are waited for; what takes longer is taken up again by the gateway.
 */
import { pause } from '@mobyclaw/lib/clock';
import type { LocalPart } from '@mobyclaw/protocol/local-state';
import { CliError, EXIT, type ExitCode, NotRunningError, UsageError } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { requireRoom } from '../disk-error.ts';
import { placeBuild, runningBuild } from '../local/builds.ts';
import { readLocalState } from '../local/local-state.ts';
import { startLocal } from '../local/start.ts';
import { stopLocal } from '../local/stop.ts';
import { runningStack } from '../running-stack.ts';
import { print, say } from '../terminal.ts';
import { withTurnsPaused } from '../turn-pause.ts';

const POLL_MS = 100;
const PART_WITHIN_MS = 60_000; // the gateway lets turns go on for 30 s

export const command: Define = (target, context, exit) => {
  target
    .argument('[service]', 'gateway, moby, memory or workspace; all of them unless given')
    .action(async (service: string | undefined) => exit(await restart(context, service)));
};

async function restart(context: Context, service: string | undefined): Promise<ExitCode> {
  const running = runningStack(context.data);
  if (running === null) throw new NotRunningError();
  await requireRoom(context.data.root);
  await withTurnsPaused(context, () =>
    running.mode === 'compose' ? restartContainers(context, service) : restartLocal(context, service),
  );
  print(
    context.terminal,
    service === undefined ? 'Moby has been restarted.' : `${service} has been restarted.`,
  );
  return EXIT.ok;
}

async function restartLocal(context: Context, service: string | undefined): Promise<void> {
  if (service !== undefined) return restartPart(context, service === 'moby' ? 'agent' : service);
  const state = readLocalState(context.data);
  const build = state && runningBuild(context.data, state); // only `up` and `upgrade` change to another one
  await stopLocal(context);
  await startLocal(context, () => undefined, build ?? (await placeBuild(context)));
}

async function restartContainers(context: Context, service: string | undefined): Promise<void> {
  const { ComposeProject } = await import('../compose/project.ts');
  const { serviceName } = await import('../compose/service-name.ts');
  const { waitForMoby, watchUp } = await import('../compose/start.ts');
  const project = new ComposeProject(context);
  say(context.terminal, 'Restarting…');
  await watchUp(context, project, ['restart', ...(service === undefined ? [] : [serviceName(service)])]);
  await waitForMoby(context, project, context.port);
}

/** The background process starts a part anew that has ended; asking it to end is all that is needed. */
async function restartPart(context: Context, name: string): Promise<void> {
  const part = (): LocalPart | undefined =>
    readLocalState(context.data)?.parts.find((candidate) => candidate.name === name);
  const before = part();
  if (before === undefined) {
    const names = readLocalState(context.data)?.parts.map((candidate) => candidate.name) ?? [];
    throw new UsageError(`There is no part "${name}"; there are ${names.join(', ')}.`);
  }
  if (before.pid === null) throw new CliError(`${name} does not run: ${before.problem ?? before.state}.`);
  process.kill(before.pid, 'SIGTERM');
  const end = context.clock.now() + PART_WITHIN_MS;
  for (let now = part(); now?.state !== 'ready' || now.pid === before.pid; now = part()) {
    if (context.clock.now() > end) {
      throw new CliError(
        `${name} has not come back: ${now?.problem ?? now?.state}. See ./mobyclaw logs ${name}`,
      );
    }
    await pause(context.clock, POLL_MS);
  }
}
