/**
 * The end of a turn, in one durable transaction: its state, the answer in the history, the last event, and the same for
 * the turns it answered too. Until that transaction has succeeded the turn counts as running, so that an answer which
 * the disk did not take is not lost but tried again. Turns that end in the same turn of the event loop share the
 * transaction; where it fails, each is stored by itself.
 */
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { TurnEvent } from '@mobyclaw/protocol/events';
import type { Metrics } from '../metrics/metrics.ts';
import { StoreError } from '../store/database.ts';
import { GroupCommit } from '../store/group-commit.ts';
import type { Store } from '../store/store.ts';
import type { TurnEnd, TurnRow } from '../store/turn-store.ts';
import type { Questions } from './asking.ts';
import type { Ending } from './ending.ts';
import type { EventLog } from './event-log.ts';
import type { StopReason } from './lanes.ts';
import type { ReplyRecorder } from './reply-recorder.ts';

const STORE_RETRY_MS = 2000; // a full disk: somebody has to make room

export interface TurnFinisherOptions {
  store: Store;
  events: EventLog;
  metrics: Metrics;
  replies: ReplyRecorder;
  questions: Pick<Questions, 'withdraw'>;
  clock: Clock;
  logger: Logger;
}

interface End {
  turn: TurnRow;
  ending: Ending;
  /** The agent session was left with an open tool call. */
  openToolCall: boolean;
}

/** Lets others see that a turn has ended. */
type Show = () => void;

export class TurnFinisher {
  readonly #options: TurnFinisherOptions;
  readonly #group = new GroupCommit<End, Show>({ commit: (ends) => this.#storeTogether(ends) });

  constructor(options: TurnFinisherOptions) {
    this.#options = options;
  }

  /**
   * Ends a turn and those merged into it. Waits for room where the disk is full; a shutdown ends the wait, and the turn
   * is taken up at the next start.
   * @param openToolCall the agent session was left with an open tool call
   */
  async finish(turn: TurnRow, ending: Ending, signal: AbortSignal, openToolCall = false): Promise<void> {
    let show: Show | null = null;
    while (!show && signal.reason !== ('shutdown' satisfies StopReason)) {
      try {
        show = await this.#group.add({ turn, ending, openToolCall });
      } catch (error) {
        if (!(error instanceof StoreError) || (error.code !== 'full' && error.code !== 'io')) throw error;
        this.#options.logger.error({ err: error, turn: turn.id }, 'the end of a turn waits for the disk');
        await pause(this.#options.clock, STORE_RETRY_MS);
      }
    }
    show?.();
  }

  /** @throws StoreError; nothing has happened then */
  finishNow(turn: TurnRow, ending: Ending): void {
    const [show] = this.#store([{ turn, ending, openToolCall: false }]);
    show?.();
  }

  /** If they cannot be stored together, then each is stored by itself, so that one that fails does not hold up the others. */
  #storeTogether(ends: readonly End[]): (Show | Error)[] {
    try {
      return this.#store(ends);
    } catch {
      return ends.flatMap((end): (Show | Error)[] => {
        try {
          return this.#store([end]);
        } catch (error) {
          return [error as Error]; // its own caller is told
        }
      });
    }
  }

  /**
   * @returns for each what lets others see it
   * @throws StoreError; nothing has happened then
   */
  #store(ends: readonly End[]): Show[] {
    const { store, events, clock, metrics, replies, questions } = this.#options;
    const finishedAt = clock.now();
    const all = ends.map((end) => ({ ...end, merged: store.turns.mergedInto(end.turn.id) }));
    const endings = all.flatMap(({ turn, ending, merged }) => [
      { turn: turn.seq, event: toEvent(turn, ending) },
      ...merged.map((other) => ({ turn: other.seq, event: toEvent(other, ending, turn.id) })),
    ]);
    let showWithdrawn: (() => void) | null = null;
    const show = events.finish(endings, () => {
      showWithdrawn = questions.withdraw(ends.map(({ turn }) => turn.id));
      for (const { turn, ending, openToolCall, merged } of all) {
        for (const one of [turn, ...merged]) this.#recordPrompt(one, finishedAt);
        const text = ending.state === 'done' ? ending.text : ending.partial;
        if (text !== '') {
          const incomplete = ending.state !== 'done';
          const { session, id } = turn;
          store.messages.insert({ session, turn: id, role: 'assistant', text, incomplete, at: finishedAt });
        }
        store.turns.finish(turn.id, toRow(ending, finishedAt));
        for (const other of merged)
          store.turns.finish(other.id, toRow({ ...ending, usage: null }, finishedAt));
        if (openToolCall) store.sessions.takeNewAgentSession(turn.session);
        store.sessions.touch(turn.session, finishedAt);
        replies.record(turn, merged, ending, finishedAt);
      }
    });
    return all.map(({ turn, ending, merged }) => () => {
      showWithdrawn?.();
      showWithdrawn = null;
      for (const one of [turn, ...merged]) show(one.seq);
      replies.recorded([turn, ...merged]);
      const code = ending.state === 'done' ? 'none' : ending.error.code;
      metrics.ended(ending.state, code, (finishedAt - turn.createdAt) / 1000);
    });
  }

  /** If a turn ended before it ran, its prompt is not in the history yet. */
  #recordPrompt(turn: TurnRow, at: number): void {
    const { messages } = this.#options.store;
    if (messages.firstOfTurn(turn.session, turn.id)) return;
    messages.insert({ session: turn.session, turn: turn.id, role: 'user', text: turn.prompt, at });
  }
}

function toEvent(turn: TurnRow, ending: Ending, mergedInto?: string): TurnEvent {
  if (ending.state === 'done') {
    const { text, usage, cut } = ending;
    const done = {
      turn: turn.id,
      session: turn.session,
      text,
      usage: mergedInto === undefined ? usage : null,
      ...(cut ? { cut } : {}),
    };
    return { type: 'done', data: mergedInto === undefined ? done : { ...done, mergedInto } };
  }
  const partial = ending.partial === '' ? {} : { partial: ending.partial };
  return { type: 'error', data: { ...ending.error, ...partial } };
}

function toRow(ending: Ending, finishedAt: number): TurnEnd {
  return {
    state: ending.state,
    finishedAt,
    answer: ending.state === 'done' ? ending.text : ending.partial,
    cut: ending.state === 'done' && ending.cut === true,
    error: ending.state === 'done' ? null : ending.error,
    usage: ending.usage,
  };
}
