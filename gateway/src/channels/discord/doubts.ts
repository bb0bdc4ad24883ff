/**
 * Messages of which nobody knows whether Discord took them, by their nonce. It outlives a connection: the repetition
 * most often goes out over the next one.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { ChannelHost, ChannelMemory } from '../channel.ts';

const MOST = 1000;

const kept = new WeakMap<ChannelMemory, Doubts>();

/** @returns the same for all connections of one channel */
export function doubtsOf({ memory, clock }: ChannelHost, repeatableMs: number): Doubts {
  const doubts = kept.get(memory) ?? new Doubts(clock, repeatableMs);
  kept.set(memory, doubts);
  return doubts;
}

export class Doubts {
  readonly #since = new Map<string, number>();
  /** Messages that were answered for, so that none is taken for one in doubt with the same text. */
  readonly #shown = new Set<string>();
  readonly #clock: Clock;
  readonly #repeatableMs: number;

  /** @param repeatableMs for how long Discord knows a nonce */
  constructor(clock: Clock, repeatableMs: number) {
    this.#clock = clock;
    this.#repeatableMs = repeatableMs;
  }

  /** @param since when the call was made, in milliseconds since the epoch */
  note(nonce: string, since: number): void {
    if (this.#since.has(nonce)) return;
    this.#since.set(nonce, since);
    trim(this.#since);
  }

  /** @param message the id under which it is shown */
  settle(nonce: string, message: string): void {
    this.#since.delete(nonce);
    this.#shown.add(message);
    trim(this.#shown);
  }

  /** Discord was asked, and it is not there. */
  dispel(nonce: string): void {
    this.#since.delete(nonce);
  }

  isShown(message: string): boolean {
    return this.#shown.has(message);
  }

  /** @returns since when it is in doubt, in milliseconds, where the nonce no longer protects; else null */
  outlived(nonce: string): number | null {
    const since = this.#since.get(nonce);
    return since !== undefined && this.#clock.now() - since >= this.#repeatableMs ? since : null;
  }
}

function trim(entries: Map<string, number> | Set<string>): void {
  const [oldest] = entries.keys();
  if (oldest !== undefined && entries.size > MOST) entries.delete(oldest);
}
