/** Upgrade in local mode, to the build that the launcher has just made. The one that runs is in the data directory. */
import { CliError, EXIT, type ExitCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import {
  buildName,
  checkoutStamp,
  forgetOtherBuilds,
  placeBuild,
  runningBuild,
  sourceOf,
} from '../local/builds.ts';
import { isAlive, readLocalState } from '../local/local-state.ts';
import { startLocal, waitUntilReady } from '../local/start.ts';
import { changesSince } from '../local/started.ts';
import { stopLocal } from '../local/stop.ts';
import { print, say } from '../terminal.ts';
import { changeOver, type Stack } from './change-over.ts';

export async function upgradeLocal(context: Context, always: boolean): Promise<ExitCode> {
  const { terminal, checkout, data } = context;
  const state = readLocalState(data);
  const name = buildName(checkoutStamp(checkout));
  if (state === null || (!always && !changesSince(context, state).includes('the program'))) {
    print(terminal, `Moby is of this version already: ${name}. Get a newer one first: git pull`);
    return EXIT.ok;
  }
  const build = runningBuild(data, state);
  const before = {
    version: state.build ?? build?.stamp ?? state.version,
    source: build && sourceOf(build),
    ...(build && { build }),
  };
  await changeOver(context, localStack(context), before);
  print(terminal, `Moby runs on version ${name}.`);
  return EXIT.ok;
}

export function localStack(context: Context): Stack {
  const { terminal, data } = context;
  return {
    mode: 'local',
    async stop() {
      await stopLocal(context);
    },
    async startNew() {
      const build = await placeBuild(context);
      const running = readLocalState(data);
      const onPart = ({ name, state }: { name: string; state: string }): void =>
        say(terminal, `  · ${name.padEnd(9)} ${state}`);
      if (running && isAlive(running) && running.build === build.stamp && running.state !== 'stopping') {
        await waitUntilReady(context, running.pid, onPart, () => (isAlive(running) ? null : 'It has ended.'));
      } else {
        await stopLocal(context);
        await startLocal(context, onPart, build);
      }
      await forgetOtherBuilds(data, build);
    },
    async startBefore({ build, version }) {
      if (build === undefined) throw new CliError(`The build of ${buildName(version)} was not kept.`);
      await stopLocal(context);
      await startLocal(context, () => undefined, build);
    },
  };
}
