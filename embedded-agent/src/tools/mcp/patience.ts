/**
 * How long a call of an MCP tool is waited for. A tool may work for long and say nothing, so silence is no failure: after
 * a minute the person is told, and the server is asked each minute whether it is there. Only one that cannot be reached
 * any more ends the call early: a program that computes may well be too busy to answer.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { isUnreachable, McpConnectionError } from './connection-error.ts';

const ASK_EVERY_MS = 60_000;
const MOST_MS = 3_600_000; // longer than any build; what takes longer belongs into the background of the server

export interface PatienceOptions {
  clock: Clock;
  /** The run's own. */
  signal: AbortSignal;
  ping(): Promise<unknown>;
  /** Called once, after the first minute, unless a person was asked. */
  onQuiet(): void;
  /** How long the call has waited for a person so far, in milliseconds, which is nobody's silence. */
  personMs(): number;
}

/**
 * @param work ends where its signal is aborted
 * @throws what `work` throws; McpConnectionError where it was given up
 */
export async function patiently<T>(
  { clock, signal, ping, onQuiet, personMs }: PatienceOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const giveUp = new AbortController();
  let asking = false;
  let timer = clock.after(ASK_EVERY_MS, () => {
    if (personMs() === 0) onQuiet();
    ask();
  });
  const ask = (): void => {
    timer = clock.after(ASK_EVERY_MS, ask);
    if (asking) return;
    asking = true;
    ping().then(
      () => {
        asking = false;
      },
      (cause: unknown) => {
        asking = false;
        if (isUnreachable(cause)) {
          giveUp.abort(new McpConnectionError('the server cannot be reached any more', { cause }));
        }
      },
    );
  };
  let credited = 0;
  const end = (): void => {
    const more = personMs() - credited;
    if (more > 0) {
      credited += more;
      limit = clock.after(more, end);
      return;
    }
    giveUp.abort(
      new McpConnectionError('the tool gave no answer within an hour and was given up; it may still act'),
    );
  };
  let limit = clock.after(MOST_MS, end);
  try {
    return await work(AbortSignal.any([signal, giveUp.signal]));
  } catch (error) {
    giveUp.signal.throwIfAborted();
    throw error;
  } finally {
    timer.cancel();
    limit.cancel();
  }
}
