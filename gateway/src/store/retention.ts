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

export class Retention {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(store: Store, clock: Clock, logger: Logger) {
    this.#store = store;
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
    for (const { what, slice } of rules(this.#store, this.#clock.now())) {
      try {
        while (!this.#stopped && this.#store.transaction('relaxed', slice)) await nextTurn();
      } catch (error) {
        // Nothing depends on it now; the next hour tries again.
        this.#logger.error({ err: error, what }, 'what is old could not be removed');
      }
    }
  }
}

function rules(store: Store, now: number): Rule[] {
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

/** For what is so little in an hour that one slice takes all of it. */
function atOnce(forget: () => void): () => boolean {
  return () => {
    forget();
    return false;
  };
}
