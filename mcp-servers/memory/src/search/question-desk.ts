/**
 * Where questions wait for their vectors. This part reaches nothing outside; the gateway asks here, by a request that stays
 * open, and brings the vectors with its next one. A question waits for a moment, and not at all where nobody asks.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { QuestionAnswer, QuestionBody } from '@mobyclaw/protocol/vectors';

export const QUESTION_WAITS_MS = 400;
const MOST_WAITING = 20;

export interface QuestionVectors {
  model: string;
  vectors: ReadonlyMap<string, Float32Array>;
}

interface Waiting {
  id: number;
  texts: readonly string[];
  answer: (given: QuestionVectors | null) => void;
  /** The gateway has it. */
  taken: boolean;
}

export class QuestionDesk {
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #number = 0;
  /** Of the gateway, while it asks. */
  #asking: ((answer: QuestionAnswer) => void) | null = null;
  #lastAsked = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether there is a gateway with an embedder: it asks, or did a moment ago. */
  get isServed(): boolean {
    return this.#asking !== null || this.#clock.now() - this.#lastAsked < QUESTION_WAITS_MS;
  }

  /** @returns null where they are not had in time */
  ask(texts: readonly string[]): Promise<QuestionVectors | null> {
    if (!this.isServed || this.#waiting.size >= MOST_WAITING) return Promise.resolve(null);
    return new Promise((resolve) => {
      const id = ++this.#number;
      const timer = this.#clock.after(QUESTION_WAITS_MS, () => this.#waiting.get(id)?.answer(null));
      const answer = (given: QuestionVectors | null): void => {
        timer.cancel();
        this.#waiting.delete(id);
        resolve(given);
      };
      this.#waiting.set(id, { id, texts, answer, taken: false });
      this.#handOver();
    });
  }

  /** The gateway's request: what it has made, and its wish for the next question. */
  next({ model, answered, timeout }: QuestionBody, gone: AbortSignal): Promise<QuestionAnswer> {
    if (answered !== null) this.#answered(model, answered);
    this.#asking?.({ question: null }); // an older one, of a gateway that is gone perhaps
    return new Promise((resolve) => {
      const timer: Timer = this.#clock.after(timeout * 1000, () => give({ question: null }));
      const left = (): void => give({ question: null });
      const give = (answer: QuestionAnswer): void => {
        timer.cancel();
        gone.removeEventListener('abort', left);
        if (this.#asking === give) this.#asking = null;
        this.#lastAsked = this.#clock.now();
        resolve(answer);
      };
      gone.addEventListener('abort', left, { once: true });
      this.#asking = give;
      this.#handOver();
    });
  }

  #handOver(): void {
    const next = [...this.#waiting.values()].find(({ taken }) => !taken);
    if (next === undefined || this.#asking === null) return;
    next.taken = true;
    this.#asking({ question: { id: next.id, texts: [...next.texts] } });
  }

  #answered(model: string, { id, vectors }: NonNullable<QuestionBody['answered']>): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return; // too late
    const given = vectors?.length === waiting.texts.length ? vectors : null;
    waiting.answer(
      given && {
        model,
        vectors: new Map(waiting.texts.map((text, at) => [text, Float32Array.from(given[at] ?? [])])),
      },
    );
  }
}
