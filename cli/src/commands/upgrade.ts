/**
 * Changes to the version of this checkout, with a way back. See `upgrade/`.
 */
import { CliError, type ExitCode } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { requireRoom } from '../disk-error.ts';
import { runningStack } from '../running-stack.ts';

export const command: Define = (target, context, exit) => {
  target
    .option('--build', 'though nothing has changed')
    .addHelpText(
      'after',
      '\nGet the new version first (git pull). Moby is stopped, a backup is made, the new version is started; if it does\nnot come up, the one before runs again, on the backup where the new one has changed the data.',
    )
    .action(async (options: { build?: true }) => exit(await upgrade(context, options.build === true)));
};

async function upgrade(context: Context, always: boolean): Promise<ExitCode> {
  const { finishUpgrade } = await import('../upgrade/finish.ts');
  await finishUpgrade(context);
  const running = runningStack(context.data);
  if (running !== null) await requireRoom(context.data.root);
  if (running === null) {
    throw new CliError(
      'Moby is not running, so there is nothing to change over. ./mobyclaw up starts this version.',
    );
  }
  if (running.mode === 'compose') {
    const { upgradeContainers } = await import('../upgrade/containers.ts');
    return upgradeContainers(context, always);
  }
  const { upgradeLocal } = await import('../upgrade/local.ts');
  return upgradeLocal(context, always);
}
