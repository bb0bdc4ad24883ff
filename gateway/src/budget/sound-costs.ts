/**
 * What speaking and listening cost. Such a service is paid by the character or by the minute, not by the token, so each use is a
 * row of its own among the turns that nobody sees, under the model `speech/<name>` or `transcription/<name>`, without tokens and with
 * its price. In `prices.yaml` and behind it, `input` of such a model is dollars per million characters that were spoken, or per million
 * seconds that were listened to; unknown is told as unknown.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { Store } from '../store/store.ts';
import { UPKEEP } from '../store/turn-store.ts';
import type { PriceTable } from './prices.ts';

const MILLION = 1_000_000;
const SPEECH = 'speech/';
const TRANSCRIPTION = 'transcription/';

export interface SoundCostsOptions {
  store: Store;
  prices: PriceTable;
  clock: Clock;
}

export class SoundCosts {
  readonly #options: SoundCostsOptions;

  constructor(options: SoundCostsOptions) {
    this.#options = options;
  }

  /** @param local it ran on this machine and costs nothing */
  async spoke(session: string, model: string, characters: number, local: boolean): Promise<void> {
    const name = `${SPEECH}${model}`;
    this.#note(session, name, local ? 0 : await this.#cost(name, characters));
  }

  /** @param seconds null where nobody knows how long it was */
  async listened(session: string, model: string, seconds: number | null): Promise<void> {
    const name = `${TRANSCRIPTION}${model}`;
    this.#note(session, name, await this.#cost(name, seconds));
  }

  async #cost(name: string, amount: number | null): Promise<number | null> {
    const { prices } = this.#options;
    await prices.refresh();
    const price = prices.price(name)?.input ?? null;
    if (price === null || price === 0) return price;
    return amount === null ? null : (price * amount) / MILLION;
  }

  #note(session: string, model: string, costUsd: number | null): void {
    const { store, clock } = this.#options;
    const id = uuidv7();
    const now = clock.now();
    store.transaction('relaxed', () => {
      store.turns.beginUpkeep({
        id,
        session,
        source: UPKEEP,
        sender: 'moby',
        prompt: '',
        attachments: [],
        queueMode: null,
        createdAt: now,
      });
      store.turns.finish(id, {
        state: 'done',
        finishedAt: now,
        answer: null,
        error: null,
        usage: { inputTokens: 0, outputTokens: 0, model, ...(costUsd === null ? {} : { costUsd }) },
      });
    });
  }
}

/** Whether a model's price is not by the token. */
export function isSound(model: string): boolean {
  return model.startsWith(SPEECH) || model.startsWith(TRANSCRIPTION);
}
