/** Goes on with an upgrade that was killed in the middle. */
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { say } from '../terminal.ts';
import { goOn } from './change-over.ts';
import { readJournal } from './journal.ts';

/** @throws CliError where that ends at the version from before, or cannot be done */
export async function finishUpgrade(context: Context): Promise<void> {
  const journal = readJournal(context.data);
  if (journal === null) return;
  say(context.terminal, `The upgrade of ${journal.startedAt} was interrupted; going on with it…`);
  if (journal.mode === 'local') {
    const { localStack } = await import('./local.ts');
    return goOn(context, localStack(context), journal);
  }
  const { findDocker } = await import('../compose/docker.ts');
  const { containerStack } = await import('./containers.ts');
  const docker = await findDocker(context.terminal.env);
  if (!docker.ready) throw new CliError(`${docker.problem}. ${docker.remedy}`);
  return goOn(context, containerStack(context, docker), journal);
}

/** One line for `status`, or null where no upgrade is unfinished. */
export function unfinishedUpgrade(context: Context): string | null {
  const journal = readJournal(context.data);
  if (journal === null) return null;
  const backup = journal.backup === null ? '' : ` The backup is ${journal.backup}.`;
  return `The upgrade of ${journal.startedAt} is not finished: ./mobyclaw up goes on with it.${backup}`;
}
