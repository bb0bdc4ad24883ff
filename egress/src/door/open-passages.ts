/** Connections that go through the door just now, so that what the owner denies ends at once and not when it likes to. */
import type { Target } from './target.ts';

interface Open {
  target: Target;
  end: () => void;
}

export class OpenPassages {
  readonly #open = new Set<Open>();

  /** @returns to be called when it has ended */
  add(target: Target, end: () => void): () => void {
    const one = { target, end };
    this.#open.add(one);
    return () => void this.#open.delete(one);
  }

  /** @returns how many were ended */
  cut(isRefused: (target: Target) => boolean): number {
    const refused = [...this.#open].filter(({ target }) => isRefused(target));
    for (const { end } of refused) end();
    return refused.length;
  }
}
