/**
 * Asks the owner what a run waits for. While it waits for him, its place is given to other turns; a run that is cut meanwhile
 * does not count as an attempt, since nothing has failed.
 */
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { type Decision, MOVED_ON, type Wanted } from '../agent/wanted.ts';
import { StoreError } from '../store/database.ts';
import type { TurnRow } from '../store/turn-store.ts';
import type { EventLog } from './event-log.ts';
import type { Progress } from './progress.ts';

const STORE_RETRY_MS = 2000; // a full disk: somebody has to make room

export interface Questions {
  /** @throws the signal's reason where the run has ended, or StoreError where the disk does not take it */
  ask(turn: TurnRow, attempt: number, wanted: Wanted, signal: AbortSignal): Promise<Decision>;
  /** Closes what is still open of turns that end, within the caller's transaction. @returns lets others see it */
  withdraw(turns: readonly string[]): () => void;
}

export interface AskingOptions {
  questions: Questions;
  /** The turn waits for a person from now on. @returns to be called when it goes on */
  waits: (turn: TurnRow) => () => void;
  events: EventLog;
  clock: Clock;
  logger: Logger;
}

export async function askOwner(
  { questions, waits, events, clock, logger }: AskingOptions,
  turn: TurnRow,
  progress: Progress,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Decision> {
  const goesOn = waits(turn);
  progress.waiting++;
  try {
    for (;;) {
      try {
        const decision = await questions.ask(turn, progress.attempt, wanted, signal);
        progress.waiting--;
        if (decision.kind === 'rounds' && decision.rounds === 'stop' && wanted.kind === 'rounds') {
          const text = `The run was ended at its limit of ${wanted.rounds} rounds; max_iterations in soul.yaml sets it.`;
          events.append(turn.seq, { type: 'notice', data: { text } });
        }
        return decision;
      } catch (error) {
        if (!(error instanceof StoreError) || signal.aborted) throw error;
        logger.error({ err: error, turn: turn.id }, 'a question waits for the disk');
        await pause(clock, STORE_RETRY_MS, signal);
      }
    }
  } catch (error) {
    if (!signal.aborted || signal.reason === MOVED_ON) progress.waiting--;
    throw error;
  } finally {
    goesOn();
  }
}
