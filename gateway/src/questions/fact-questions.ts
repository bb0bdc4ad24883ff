/**
 * Asks the owner what memory cannot decide about his facts, one at a time and at a quiet time: within the active hours, while no
 * turn runs. Memory keeps each doubt until it is told the choice, and the question is a row under the doubt's id, so a crash
 * between any two steps neither asks twice nor loses an answer.
 */
import { type Clock, every, type Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { type Doubt, doubtsSchema, settledDoubtSchema } from '@mobyclaw/protocol/memory-doubt';
import type { PartClient } from '../parts/part-client.ts';
import type { QuestionRow } from '../store/question-store.ts';
import { choiceOf, factDraft } from './fact.ts';
import type { Questions } from './questions.ts';

const LOOK_MS = 60_000;
const PATIENCE_MS = 3 * 86_400_000; // then what stands there goes on standing

export interface FactQuestionsOptions {
  memory: Pick<PartClient, 'request'>;
  questions: Pick<Questions, 'post' | 'onChange'>;
  /** The question of a doubt; null where none was asked. */
  asked: (doubt: string) => QuestionRow | null;
  /** Whether the owner may be asked now. */
  isQuiet: () => Promise<boolean>;
  clock: Clock;
  logger: Logger;
}

export class FactQuestions {
  readonly #options: FactQuestionsOptions;
  #timer: Timer | undefined;
  #leave: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #again = false;

  constructor(options: FactQuestionsOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, questions } = this.#options;
    this.#timer = every(clock, LOOK_MS, () => void this.look());
    this.#leave = questions.onChange(({ kind, state }) => {
      if (kind === 'fact' && state !== 'open') void this.look();
    });
    void this.look();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#leave?.();
    await this.#looking;
  }

  /** Never rejects: what fails now is done at the next look. */
  look(): Promise<void> {
    this.#again = true;
    this.#looking ??= this.#lookOn().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookOn(): Promise<void> {
    const { logger } = this.#options;
    while (this.#again) {
      this.#again = false;
      try {
        await this.#lookOnce();
      } catch (error) {
        logger.error({ err: error }, 'what is in doubt in the memory could not be asked yet');
      }
    }
  }

  async #lookOnce(): Promise<void> {
    const { memory, questions, asked, isQuiet } = this.#options;
    const answer = await memory.request('GET', '/doubts');
    const doubts = doubtsSchema.safeParse(answer?.body).data ?? [];
    const unasked: Doubt[] = [];
    let open = 0;
    for (const doubt of doubts) {
      const row = asked(doubt.id);
      if (row === null) unasked.push(doubt);
      else if (row.state === 'open') open++;
      else await this.#settle(doubt, row);
    }
    const [next] = unasked;
    if (next === undefined || open > 0 || !(await isQuiet())) return;
    questions.post('fact', factDraft(next), {
      turn: next.id,
      session: next.session ?? 'cli:main',
      timeoutMs: PATIENCE_MS,
    });
  }

  async #settle({ id }: Doubt, row: QuestionRow): Promise<void> {
    const { memory, logger } = this.#options;
    const answer = await memory.request('POST', '/doubts/settle', { body: { id, choice: choiceOf(row) } });
    const problem = settledDoubtSchema.safeParse(answer?.body).data?.problem ?? null;
    if (problem !== null)
      logger.warn({ question: row.id, problem }, 'a decision about a fact could not be carried out');
  }
}
