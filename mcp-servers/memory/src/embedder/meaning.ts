/** What a question means: told by the gateway, where it has an embeddings server, else by the local model. */
import type { QuestionDesk, QuestionVectors } from '../search/question-desk.ts';
import type { LocalEmbedder } from './local-embedder.ts';

export class Meaning {
  readonly #desk: QuestionDesk;
  readonly #local: LocalEmbedder;

  constructor(desk: QuestionDesk, local: LocalEmbedder) {
    this.#desk = desk;
    this.#local = local;
  }

  /** @returns null where it was not had in time, undefined where there is nobody to ask: words alone answer then */
  async of(phrasings: readonly string[]): Promise<QuestionVectors | null | undefined> {
    if (this.#desk.isServed) return this.#desk.ask(phrasings);
    return this.#local.view().model === null ? undefined : this.#local.ask(phrasings);
  }

  /** Somebody may ask soon, since a turn has begun. */
  warm(): void {
    if (!this.#desk.isServed) this.#local.warm();
  }
}
