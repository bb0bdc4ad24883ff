/**
 * Asks the owner what a run waits for. While it waits for him, its place is given to other turns; a run that is cut meanwhile
 * does not count as an attempt, since nothing has failed.
 */
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { plainName } from '@mobyclaw/lib/plain-name';
import { refused } from '../agent/answer-sender.ts';
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

/** What the owner's soul.yaml says of a call, as it stands now; null where it says nothing, or cannot be read. */
export type OwnerRules = (tool: string, args: unknown) => Promise<'allow' | 'ask' | 'deny' | null>;

export interface AskingOptions {
  questions: Questions;
  rules: OwnerRules;
  /** The turn waits for a person from now on. @returns to be called when it goes on */
  waits: (turn: TurnRow) => () => void;
  events: EventLog;
  clock: Clock;
  logger: Logger;
}

export async function askOwner(
  { questions, rules, waits, events, clock, logger }: AskingOptions,
  turn: TurnRow,
  progress: Progress,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Decision> {
  const notice = (text: string): void => void events.append(turn.seq, { type: 'notice', data: { text } });
  const ruled = wanted.kind === 'tool' ? await decidedByRule(rules, wanted) : null;
  signal.throwIfAborted();
  if (ruled) return ruled;
  if (turn.noAsk) {
    notice(`${whatIsAsked(wanted)}, and nobody was to be asked, so it was refused.`);
    return refused(wanted, NOT_TO_ASK);
  }
  const goesOn = waits(turn);
  progress.waiting++;
  try {
    for (;;) {
      try {
        const decision = await questions.ask(turn, progress.attempt, wanted, signal);
        progress.waiting--;
        if (decision.kind === 'rounds' && decision.rounds === 'stop' && wanted.kind === 'rounds') {
          notice(
            `The run was ended at its limit of ${wanted.rounds} rounds; max_iterations in soul.yaml sets it.`,
          );
        }
        if (decision.kind === 'form' && 'problem' in decision) {
          notice(
            `A tool asked for an answer in a form that cannot be asked, so it was declined: ${decision.problem}.`,
          );
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

const NOT_TO_ASK =
  'The owner does not want to be asked in this conversation now, so it is refused. Go on without it and say so; do not try it another way.';

/**
 * The engine asks by the soul.yaml that it was started with, and cagent about more than that says; the owner's file as it
 * stands now has the last word, a rule that "always" wrote a moment ago included.
 */
async function decidedByRule(
  rules: OwnerRules,
  { tool, args }: Extract<Wanted, { kind: 'tool' }>,
): Promise<Decision | null> {
  switch (await rules(tool, args)) {
    case 'allow':
      return { kind: 'tool', approve: true };
    case 'deny':
      return {
        kind: 'tool',
        approve: false,
        reason: 'The owner forbids it in soul.yaml. Go on without it and say so.',
      };
    default:
      return null;
  }
}

function whatIsAsked(wanted: Wanted): string {
  switch (wanted.kind) {
    case 'tool':
      return `The tool ${plainName(wanted.tool)} needs a yes of the owner`;
    case 'form':
      return 'A tool asked for an answer in a form';
    case 'rounds':
      return `The run reached its limit of ${wanted.rounds} rounds`;
  }
}
