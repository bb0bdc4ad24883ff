/**
 * Forgetting that Moby proposes and only the owner decides: what was found becomes a question, and nothing is removed before he
 * has answered it. The wish stands in the question, so that an answer is acted on although the gateway was killed after it; that it was
 * acted on is on disk once the wish is on the list of what is forgotten, and a second time finds nothing.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { type ForgetWish, forgetWishSchema } from '@mobyclaw/protocol/forget';
import { FORGET, forgetDraft, forgetSubject } from '../questions/forget.ts';
import type { Questions } from '../questions/questions.ts';
import type { QuestionRow } from '../store/question-store.ts';
import type { Store } from '../store/store.ts';
import type { Forgetting } from './forgetting.ts';

const PATIENCE_MS = 3 * 86_400_000; // then nothing is forgotten
const LOOKED_AT = 200; // of the newest questions, for one whose answer a kill has left

export interface ForgetQuestionsOptions {
  store: Store;
  questions: Pick<Questions, 'post' | 'onChange'>;
  forgetting: Pick<Forgetting, 'look' | 'begin'>;
  clock: Clock;
  logger: Logger;
}

export class ForgetQuestions {
  readonly #options: ForgetQuestionsOptions;
  #leave: (() => void) | undefined;
  #acting: Promise<void> = Promise.resolve();

  constructor(options: ForgetQuestionsOptions) {
    this.#options = options;
  }

  /** Acts on answers, also on one that the process before was killed after. */
  start(): void {
    const { store, questions } = this.#options;
    this.#leave = questions.onChange(({ id, kind, state }) => {
      if (kind === 'forget' && state === 'answered') this.#act(id);
    });
    const rows = store.questions.list({ open: false, limit: LOOKED_AT });
    for (const { id, kind, state } of rows) if (kind === 'forget' && state === 'answered') this.#act(id);
  }

  async stop(): Promise<void> {
    this.#leave?.();
    await this.#acting;
  }

  /**
   * Asks the owner. @param session where it came up
   * @returns what whoever proposed it is told
   * @throws ForgetWishError
   */
  async propose(wish: ForgetWish, session: string): Promise<string> {
    const { store, questions, forgetting } = this.#options;
    const subject = forgetSubject(wish);
    const isOpen = store.questions.open().some((row) => row.kind === 'forget' && row.subject === subject);
    if (isOpen) return 'The owner is asked about this already. Nothing is removed before he has answered.';
    const finding = await forgetting.look(wish);
    if (finding.places.length === 0) return 'Nothing of that was found, so there is nothing to forget.';
    questions.post('forget', forgetDraft(wish, finding), { turn: uuidv7(), session, timeoutMs: PATIENCE_MS });
    const places = finding.places.map(({ place, count }) => `- ${count} ${place}`);
    return [
      'The owner is asked whether this is to be forgotten; nothing is removed before he has answered. It would be:',
      ...places,
    ].join('\n');
  }

  #act(id: string): void {
    this.#acting = this.#acting
      .then(() => this.#actOn(id))
      .catch((error: unknown) => {
        this.#options.logger.error(
          { err: error, question: id },
          'what is to be forgotten is begun at the next start',
        );
      });
  }

  async #actOn(id: string): Promise<void> {
    const { store, forgetting } = this.#options;
    const row = store.questions.find(id);
    if (row?.answer?.option !== FORGET || isActedOn(store, row)) return;
    const wish = forgetWishSchema.safeParse(row.details.wish).data;
    if (wish) await forgetting.begin(wish); // else it was forgotten with the rest
    const { turn, attempt, subject } = row;
    const at = this.#options.clock.now();
    store.transaction('durable', () => store.questions.use({ question: id, turn, attempt, subject, at }));
  }
}

function isActedOn(store: Store, { id, turn }: QuestionRow): boolean {
  return store.questions.usesOfTurn(turn).some(({ question }) => question === id);
}
