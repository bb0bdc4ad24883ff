/** Who is told of a change of a question that is on disk: whoever shows questions, and those who follow its turn. */
import type { TurnEvent } from '@mobyclaw/protocol/events';
import type { Question } from '@mobyclaw/protocol/question';
import type { QuestionRow } from '../store/question-store.ts';
import type { Store } from '../store/store.ts';
import { toQuestion } from './question-view.ts';

const ROWS_AT_ONCE = 200;

/** @param changed the number of the change */
export type QuestionListener = (question: Question, changed: number) => void;

export interface QuestionAudienceOptions {
  store: Store;
  emit: (turnSeq: number, event: TurnEvent) => void;
}

export class QuestionAudience {
  readonly #options: QuestionAudienceOptions;
  readonly #listeners = new Set<QuestionListener>();

  constructor(options: QuestionAudienceOptions) {
    this.#options = options;
  }

  /** @param listener is told of each change that is on disk, with its number. @returns unsubscribes */
  onChange(listener: QuestionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Hands over what has changed after that number, and then each change. With 0 it begins with those that wait.
   * @returns unsubscribes
   */
  follow(after: number, listener: QuestionListener): () => void {
    const { questions } = this.#options.store;
    if (after === 0) {
      const open = questions.open().sort((a, b) => a.changed - b.changed);
      for (const row of open) listener(toQuestion(row), row.changed);
    } else {
      let rows = questions.changedAfter(after, ROWS_AT_ONCE);
      while (rows.length > 0) {
        for (const row of rows) listener(toQuestion(row), row.changed);
        rows = questions.changedAfter((rows.at(-1) as QuestionRow).changed, ROWS_AT_ONCE);
      }
    }
    return this.onChange(listener);
  }

  tell(row: QuestionRow): void {
    const question = toQuestion(row);
    for (const listener of [...this.#listeners]) listener(question, row.changed);
  }

  /** Whoever follows the turn sees it, but not a guest. */
  tellTurn({ id, kind, state, title, outcome, asker, turn: turnId }: QuestionRow): void {
    const turn = asker === 'guest' ? null : this.#options.store.turns.find(turnId);
    if (!turn || turn.finishedAt !== null) return;
    const data = { id, kind, state, title, ...(outcome === null ? {} : { outcome }) };
    this.#options.emit(turn.seq, { type: 'question', data });
  }
}
