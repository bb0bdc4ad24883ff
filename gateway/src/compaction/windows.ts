/**
 * How much a model can read and write at once, from whoever knows it best: the engine, the owner (soul.yaml, `.env`), what the
 * provider has refused, the table of known models. Where nobody knows, it is an estimate, and said to be one.
 */
import { knownWindow } from '@mobyclaw/lib/model-windows';
import type { ContextRow, ContextStore } from '../store/context-store.ts';

/** Small enough for most models that run at home, and large enough for an afternoon. */
const ESTIMATE = 32_000;

export type WindowSource = 'reported' | 'named' | 'learned' | 'known' | 'estimated';

export interface Window {
  tokens: number;
  source: WindowSource;
}

export interface Fullness {
  tokens: number;
  window: Window;
  /** Of the window, from 0; more than 1 where it does not fit any more. */
  share: number;
}

export class Windows {
  readonly #learned: Pick<ContextStore, 'learned'>;
  readonly #named: number | null;

  /** @param named what `.env` names */
  constructor(learned: Pick<ContextStore, 'learned'>, named: number | null) {
    this.#learned = learned;
    this.#named = named;
  }

  /** If the owner names a smaller one than the engine reports, then he knows his server. */
  of(context: Pick<ContextRow, 'limit' | 'source' | 'model'> | null): Window {
    const reported = context?.limit ?? null;
    const found = this.#firstOf(context, reported);
    const learned = context === null ? null : this.#learned.learned(context.model);
    return learned !== null && learned < found.tokens ? { tokens: learned, source: 'learned' } : found;
  }

  /** @returns null where no model has been called yet */
  fullness(context: ContextRow | null): Fullness | null {
    if (context === null) return null;
    const window = this.of(context);
    return { tokens: context.tokens, window, share: context.tokens / window.tokens };
  }

  /** @returns the one of the largest share; null where there is none */
  fullest(rows: readonly (ContextRow & { session: string })[]): (Fullness & { session: string }) | null {
    const all = rows.flatMap((row) => {
      const fullness = this.fullness(row);
      return fullness ? [{ session: row.session, ...fullness }] : [];
    });
    return all.toSorted((a, b) => b.share - a.share)[0] ?? null;
  }

  #firstOf(context: Pick<ContextRow, 'source' | 'model'> | null, reported: number | null): Window {
    if (reported !== null && (this.#named === null || reported <= this.#named)) {
      return { tokens: reported, source: context?.source ?? 'reported' };
    }
    if (this.#named !== null) return { tokens: this.#named, source: 'named' };
    const known = knownWindow(context?.model ?? '');
    return known === null ? { tokens: ESTIMATE, source: 'estimated' } : { tokens: known, source: 'known' };
  }
}
