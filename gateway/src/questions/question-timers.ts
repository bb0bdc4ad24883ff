/** Ends questions whose time is over, by what passes here too, since the clock on the wall may be set back. */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { QuestionRow, QuestionStore } from '../store/question-store.ts';

const LOOK_MS = 60_000; // at the clock on the wall, since a machine may have slept
const DISK_RETRY_MS = 2000;

export interface QuestionTimersOptions {
  questions: QuestionStore;
  /** Closes them on disk. @throws StoreError; then they are still open */
  end: (over: readonly QuestionRow[]) => void;
  clock: Clock;
  logger: Logger;
}

export class QuestionTimers {
  readonly #options: QuestionTimersOptions;
  readonly #timers = new Map<string, Timer>();

  constructor(options: QuestionTimersOptions) {
    this.#options = options;
  }

  /** Lets the time of those that an earlier process asked go on. */
  start(): void {
    const now = this.#options.clock.now();
    for (const row of this.#options.questions.open())
      this.endIn(row, Math.min(row.expiresAt - now, row.expiresAt - row.askedAt));
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
  }

  /** It is settled. */
  cancel(id: string): void {
    this.#timers.get(id)?.cancel();
    this.#timers.delete(id);
  }

  /** Ends now what is over by the clock on the wall. */
  look(): void {
    const { questions, clock, end } = this.#options;
    const at = clock.now();
    end(questions.open().filter(({ expiresAt }) => expiresAt <= at));
  }

  /** Once so much time has passed here, or it is so late. */
  endIn(row: Pick<QuestionRow, 'id' | 'expiresAt'>, leftMs: number): void {
    const { questions, end, clock, logger } = this.#options;
    const stepMs = Math.min(Math.max(leftMs, 1), LOOK_MS);
    const look = (): void => {
      if (leftMs > stepMs && clock.now() < row.expiresAt) {
        this.endIn(row, leftMs - stepMs);
        return;
      }
      try {
        end(questions.open().filter(({ id }) => id === row.id));
      } catch (error) {
        logger.error({ err: error }, 'a question whose time is over could not be closed yet');
        this.#timers.set(row.id, clock.after(DISK_RETRY_MS, look));
      }
    };
    this.#timers.set(row.id, clock.after(stepMs, look));
  }
}
