/**
 * Forgets what is only kept for a time, each hour. In slices of some milliseconds, a transaction each, so that no answer
 * waits for a day's logs to go; what a stop or a full disk leaves is taken up by the next hour.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, every, type Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { Store } from './store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const EVENTS_MS = DAY_MS; // a client that was away for a day asks for the answer, not for the stream
const KEYS_MS = 30 * DAY_MS; // of the inbox and of arrivals: longer than any platform redelivers
const PIECES_MS = HOUR_MS; // after that, nobody expects a change of a message to count
const DELIVERIES_MS = 7 * DAY_MS; // for whoever asks what became of a message
const JOBS_MS = 30 * DAY_MS; // for whoever asks whether he was reminded
const QUESTIONS_MS = 90 * DAY_MS; // for the owner who asks what he once allowed
const COMPACTIONS_MS = 90 * DAY_MS; // for the owner who asks what became of it
const HOOKS_MS = 366 * DAY_MS; // a delivery that is sent again later was not sent by its sender
const ONCE_MS = KEYS_MS; // until then a turn is asked for by its key
const ONCE_AT_ONCE = 300; // messages, some 5 ms
const WORDS_AT_ONCE = 100; // of messages in the index, some 5 ms
const SLACK_MS = 7 * DAY_MS - HOUR_MS;
const ROWS_AT_ONCE = 2000; // some 5 ms
const QUESTIONS_AT_ONCE = 500; // with what was to be decided, which may be long
const JOBS_AT_ONCE = 100; // each with up to 200 runs
const FIRST_MS = 60_000; // after the start, or a gateway that is restarted within each hour would never do it

interface Rule {
  /** What is forgotten, for the log. */
  what: string;
  /** Forgets some of it. @returns whether there may be more */
  slice: () => boolean;
}

export interface RetentionOptions {
  store: Store;
  /** How long conversations are kept, in milliseconds; null: for ever. */
  keepMs?: number | null;
  /** Whether nobody waits for an answer, at a time at which nobody is likely to. */
  isQuiet?: () => boolean;
  clock: Clock;
  logger: Logger;
}

export class Retention {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Timer | null = null;
  #stopped = false;
  #looked = 0;

  readonly #keepMs: number | null;
  readonly #isQuiet: () => boolean;

  constructor({ store, keepMs = null, isQuiet = () => false, clock, logger }: RetentionOptions) {
    this.#store = store;
    this.#keepMs = keepMs;
    this.#isQuiet = isQuiet;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(): void {
    this.#timer = every(this.#clock, HOUR_MS, () => void this.sweep(), FIRST_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Resolves when all that is old is gone, or `stop` was called. Never rejects. */
  async sweep(): Promise<void> {
    for (const { what, slice } of rules(this.#store, this.#clock.now(), this.#keepMs)) {
      try {
        while (!this.#stopped && this.#store.transaction('relaxed', slice)) await nextTurn();
      } catch (error) {
        // Nothing depends on it now; the next hour tries again.
        this.#logger.error({ err: error, what }, 'what is old could not be removed');
      }
    }
    await this.#shrink();
  }

  /** Once a week, since it reads the whole file. */
  #looksAtSlack(): boolean {
    const now = this.#clock.now();
    if (now - this.#looked < SLACK_MS) return false;
    this.#looked = now;
    return true;
  }

  /**
   * What was removed makes the file smaller by its free pages. Those of which a part is free stay; where they are many, and in a
   * file of a version before, which keeps all its pages, it is written anew at a quiet time.
   */
  async #shrink(): Promise<void> {
    try {
      if (!this.#stopped && this.#isQuiet() && this.#looksAtSlack() && this.#store.isLoose()) {
        const before = this.#store.size();
        this.#store.rewrite();
        this.#logger.info({ before, after: this.#store.size() }, 'the database was written anew');
      }
      while (!this.#stopped && this.#store.shrink()) await nextTurn();
    } catch (error) {
      this.#logger.warn({ err: error }, 'the database could not be made smaller yet');
    }
  }
}

function rules(store: Store, now: number, keepMs: number | null): Rule[] {
  let lastTurn: number | null = 0;
  return [
    {
      what: 'events of turns that have finished',
      slice() {
        lastTurn = store.events.forgetFinishedBefore(now - EVENTS_MS, lastTurn ?? 0, ROWS_AT_ONCE);
        return lastTurn !== null;
      },
    },
    {
      what: 'keys of the inbox',
      slice: () => store.turns.forgetInboxBefore(now - KEYS_MS, ROWS_AT_ONCE) === ROWS_AT_ONCE,
    },
    { what: 'keys of arrivals', slice: atOnce(() => store.arrivals.forgetBefore(now - KEYS_MS)) },
    { what: 'pieces of turns', slice: atOnce(() => store.pieces.forgetBefore(now - PIECES_MS)) },
    { what: 'logins of browsers', slice: atOnce(() => store.tokens.forgetExpired(now)) },
    { what: 'pairing codes', slice: atOnce(() => store.access.forgetPairingsBefore(now)) },
    {
      what: 'deliveries that are done',
      slice: atOnce(() => store.outbox.forgetDoneBefore(now - DELIVERIES_MS)),
    },
    {
      what: 'how conversations were made shorter',
      slice: atOnce(() => store.compactions.forgetEndedBefore(now - COMPACTIONS_MS)),
    },
    {
      what: 'questions that are settled',
      slice: () =>
        store.questions.forgetSettledBefore(now - QUESTIONS_MS, QUESTIONS_AT_ONCE) === QUESTIONS_AT_ONCE,
    },
    {
      what: 'deliveries of hooks',
      slice: () => store.ages.forgetHookDeliveriesBefore(now - HOOKS_MS, ROWS_AT_ONCE),
    },
    ...(keepMs === null ? [] : beyond(store, now - keepMs)),
    {
      what: 'texts of turns that stand in the history',
      slice: () => store.ages.keepOnceBefore(now - ONCE_MS, ONCE_AT_ONCE),
    },
    {
      what: 'schedules that have finished',
      slice() {
        const finished = store.jobs.finishedBefore(now - JOBS_MS, JOBS_AT_ONCE);
        for (const id of finished) {
          store.jobRuns.deleteOf(id);
          store.jobs.delete(id);
        }
        return finished.length === JOBS_AT_ONCE;
      },
    },
  ];
}

/** What is older than the owner keeps. */
function beyond(store: Store, time: number): Rule[] {
  return [
    { what: 'conversations that nobody uses', slice: atOnce(() => store.ages.leaveSessionsBefore(time)) },
    { what: 'messages and turns', slice: () => store.ages.forgetBefore(time, ROWS_AT_ONCE) },
    {
      what: 'words of the history that are no longer in it',
      slice: () => store.history.forgetOld(WORDS_AT_ONCE),
    },
  ];
}

/** For what is so little in an hour that one slice takes all of it. */
function atOnce(forget: () => void): () => boolean {
  return () => {
    forget();
    return false;
  };
}
