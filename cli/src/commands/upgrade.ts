/**
 * Changes to the version of this checkout, with a way back. See `upgrade/`.
 */
import { CliError, type ExitCode } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { runningStack } from '../running-stack.ts';

export const command: Define = (target, context, exit) => {
  target
    .option('--build', 'though nothing has changed')
    .addHelpText(
      'after',
      '\nGet the new version first (git pull). A backup is made, the new version is built and started; if it does not come\nup healthy, the one before is started again.',
    )
    .action(async (options: { build?: true }) => exit(await upgrade(context, options.build === true)));
};

async function upgrade(context: Context, always: boolean): Promise<ExitCode> {
  const running = runningStack(context.data);
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
