/**
 * Upgrade in local mode: backup, restart on the build that the launcher has just made, and a look whether Moby answers.
 * Where he does not, the build that ran before is started again; `up` has put it aside, see `local/kept-build.ts`.
 */
import { quoted } from '@mobyclaw/lib/shell-quote';
import { CliError, EXIT, type ExitCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { keepBuild, keptBuild } from '../local/kept-build.ts';
import { readLocalState } from '../local/local-state.ts';
import { startLocal } from '../local/start.ts';
import { changesSince } from '../local/started.ts';
import { stopLocal } from '../local/stop.ts';
import { print, say } from '../terminal.ts';
import { safetyBackup } from './safety-backup.ts';

export async function upgradeLocal(context: Context, always: boolean): Promise<ExitCode> {
  const { terminal, version, data } = context;
  const pid = readLocalState(data)?.pid ?? -1;
  if (!always && !changesSince(context, pid).includes('the program')) {
    print(terminal, `Moby is of this version already (${version}). Get a newer one first: git pull`);
    return EXIT.ok;
  }
  const backup = await safetyBackup(context);
  await stopLocal(context);
  try {
    await startLocal(context, ({ name, state }) => say(terminal, `  · ${name.padEnd(9)} ${state}`));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    say(terminal, error.message);
    await rollBack(context, backup);
    throw new CliError(`The version from before runs again. Nothing is lost; the backup is ${backup}`, {
      cause: error,
    });
  }
  await keepBuild(context);
  print(terminal, `Moby runs on version ${version}.`);
  return EXIT.ok;
}

async function rollBack(context: Context, backup: string): Promise<void> {
  const program = keptBuild(context.data);
  const bring = `Bring the data back: ./mobyclaw down && ./mobyclaw restore ${quoted(backup)} --replace`;
  if (program === null) {
    throw new CliError(`The new version does not come up, and the build from before was not kept. ${bring}`);
  }
  say(context.terminal, 'The new version does not come up; going back to the one before…');
  await stopLocal(context);
  try {
    await startLocal(context, () => undefined, program);
  } catch (error) {
    throw new CliError(
      `${(error as Error).message}\nThe version from before does not come up either, perhaps because the new one has changed the data. ${bring}`,
      { cause: error },
    );
  }
}
