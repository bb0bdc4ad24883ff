/**
 * Ends local mode: the background process ends its parts in order, the gateway draining first. Where that process was
 * killed and left its parts behind, these are ended one by one. Nothing is signalled that is not known to be ours.
 */
import { pause } from '@mobyclaw/lib/clock';
import type { LocalState } from '@mobyclaw/protocol/local-state';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { isAlive, isPart, readLocalState } from './local-state.ts';

const POLL_MS = 50;
const STOP_WITHIN_MS = 60_000; // the gateway lets turns go on for 30 s; the parts after it take seconds
const KILL_AFTER_MS = 5_000;

/**
 * @returns false where nothing ran
 * @throws CliError where it does not end
 */
export async function stopLocal(context: Context): Promise<boolean> {
  const state = readLocalState(context.data);
  if (state === null) return false;
  if (!isAlive(state)) return endLeftParts(context, state);
  signal(state.pid, 'SIGTERM');
  if (await within(context, STOP_WITHIN_MS, () => !isAlive(state))) return true;
  throw new CliError(
    `Moby has not ended after ${STOP_WITHIN_MS / 1000} s. See ./mobyclaw logs local, or end him with: kill -9 ${state.pid}`,
  );
}

async function endLeftParts(context: Context, { parts }: LocalState): Promise<boolean> {
  const left = (): number[] =>
    parts.flatMap(({ pid, name }) => (pid !== null && isPart(pid, name) ? [pid] : []));
  const found = left();
  for (const pid of found) signal(-pid, 'SIGTERM');
  await within(context, KILL_AFTER_MS, () => left().length === 0);
  for (const pid of left()) signal(-pid, 'SIGKILL');
  await within(context, KILL_AFTER_MS, () => left().length === 0);
  return found.length > 0;
}

async function within({ clock }: Context, limitMs: number, done: () => boolean): Promise<boolean> {
  const end = clock.now() + limitMs;
  while (!done()) {
    if (clock.now() > end) return false;
    await pause(clock, POLL_MS);
  }
  return true;
}

function signal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EPERM') {
      throw new CliError(
        `Process ${Math.abs(target)} belongs to another user. Stop Moby as the user who started him.`,
      );
    }
    if (code !== 'ESRCH') throw error;
  }
}
