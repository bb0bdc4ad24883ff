/**
 * The steps of an upgrade, in containers and in local mode alike. Moby is stopped before the backup is made, so that
 * nothing can arrive that it does not hold; then the new version is started. Where that does not come up, the old one
 * runs again: on the data as it is where the new one has left the schema alone, else on the backup, whole.
 */
import { join } from 'node:path';
import { AlreadyLockedError, acquireProcessLock } from '@mobyclaw/lib/process-lock';
import { quoted } from '@mobyclaw/lib/shell-quote';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { buildName, checkoutCommit } from '../local/builds.ts';
import { say } from '../terminal.ts';
import { withTurnsPaused } from '../turn-pause.ts';
import { type Before, type Journal, keepJournal, removeJournal } from './journal.ts';
import { dataSchema, putBack } from './put-back.ts';
import { safetyBackup } from './safety-backup.ts';

/** What both forms of Moby can do. Each may be repeated. */
export interface Stack {
  mode: Journal['mode'];
  stop(): Promise<void>;
  /** @throws CliError where it does not come up */
  startNew(): Promise<void>;
  /** @throws CliError where it does not come up, or was not kept */
  startBefore(before: Before): Promise<void>;
}

/** @throws CliError where the new version does not come up; what runs then is told in it */
export function changeOver(context: Context, stack: Stack, before: Before): Promise<void> {
  const startedAt = new Date(context.clock.now()).toISOString();
  const rest = { backup: null, schema: null, putBack: null };
  return goOn(context, stack, { mode: stack.mode, startedAt, step: 'stop', before, ...rest });
}

/** From the step that the journal names to the end. @throws CliError as `changeOver` does */
export async function goOn(context: Context, stack: Stack, journal: Journal): Promise<void> {
  const { data } = context;
  const lock = takeLock(context);
  try {
    let at = journal;
    if (at.step === 'stop') {
      await keepJournal(data, at);
      at = await stopAndBackUp(context, stack, at);
      await keepJournal(data, at);
    }
    if (at.step === 'start') {
      try {
        await stack.startNew();
        await removeJournal(data);
        return;
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        say(context.terminal, error.message);
        at = { ...at, step: 'back' };
        await keepJournal(data, at);
      }
    }
    await goBack(context, stack, at);
  } finally {
    lock.release();
  }
}

async function stopAndBackUp(context: Context, stack: Stack, journal: Journal): Promise<Journal> {
  say(context.terminal, 'Stopping Moby for a backup…');
  await withTurnsPaused(context, () => stack.stop());
  try {
    const backup = await safetyBackup(context);
    return { ...journal, step: 'start', backup, schema: dataSchema(context.data) };
  } catch (error) {
    await stack.startBefore(journal.before);
    await removeJournal(context.data);
    throw new CliError(
      `${(error as Error).message}\nWithout a backup nothing is changed: the version from before runs again. Mend that, then run ./mobyclaw upgrade`,
      { cause: error },
    );
  }
}

async function goBack(context: Context, stack: Stack, journal: Journal): Promise<never> {
  const { data, terminal } = context;
  say(terminal, 'The new version does not come up; going back to the one before…');
  await stack.stop();
  let at = journal;
  if (at.putBack !== null || dataSchema(data) !== at.schema) at = await bringBack(context, at);
  let problem = await startBefore(stack, at);
  if (problem !== null && at.putBack === null) {
    await stack.stop();
    at = await bringBack(context, at); // something else than the schema may have changed
    problem = await startBefore(stack, at);
  }
  await removeJournal(data);
  const kept = at.putBack
    ? `The new version had changed the data, so all of it was brought back from the backup, ${at.backup}; what the new version had made of it is in ${at.putBack.aside}`
    : `The data is as it was; the backup is ${at.backup}`;
  const advice = await sourceAdvice(context, at.before);
  if (problem === null) {
    throw new CliError(
      `The version from before runs again. It is ${buildName(at.before.version)}.\n${kept}\n${advice}`,
    );
  }
  throw new CliError(
    `${problem}\nThe version from before, ${buildName(at.before.version)}, does not come up either.\n${kept}\n${advice} Then mend what is named above and run ./mobyclaw up`,
  );
}

async function bringBack(context: Context, journal: Journal): Promise<Journal> {
  say(context.terminal, 'The new version has changed the data; bringing the backup back…');
  try {
    return await putBack(context, journal);
  } catch (error) {
    throw new CliError(
      `${(error as Error).message}\nMoby is stopped, and the way back is not finished. The backup is ${journal.backup}. Mend that, then run ./mobyclaw up, which goes on from here.`,
      { cause: error },
    );
  }
}

/** @returns what is in the way, or null where it runs */
async function startBefore(stack: Stack, { before }: Journal): Promise<string | null> {
  try {
    await stack.startBefore(before);
    return null;
  } catch (error) {
    if (error instanceof CliError) return error.message;
    throw error;
  }
}

/** The checkout still holds the new version, and whatever starts it changes the data again. */
async function sourceAdvice({ checkout }: Context, { source, version }: Before): Promise<string> {
  const warning = `${checkout} still holds the new version, and the next ./mobyclaw up or upgrade would start that again.`;
  const now = await checkoutCommit(checkout);
  if (now === null) return `${warning} Put the source of ${buildName(version)} back there first.`;
  const git = `git -C ${quoted(checkout)}`;
  if (source === null) return `${warning} Set it back first: ${git} reflog shows the commit that it was at.`;
  if (source === now) return `${warning} Undo its changes first: ${git} status shows them.`;
  return `${warning} Set it back first: ${git} checkout ${source}`;
}

function takeLock({ data }: Context): { release(): void } {
  try {
    return acquireProcessLock(join(data.run, 'upgrade.lock'));
  } catch (error) {
    if (!(error instanceof AlreadyLockedError)) throw error;
    throw new CliError('Another mobyclaw is upgrading at this moment. Wait until it has ended.', {
      cause: error,
    });
  }
}
