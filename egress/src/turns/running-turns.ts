/**
 * The turns that run, as the gateway tells them: whose request is it? The agent shows the capability of its turn where it
 * can; where it shows none and one turn runs, it is that one's.
 *
 * Only hashes of capabilities are kept: what is written down or dumped here opens nothing.
 */
import { createHash } from 'node:crypto';
import type { RunningTurn } from '@mobyclaw/protocol/egress';

export class RunningTurns {
  #turns: readonly RunningTurn[] = [];

  get all(): readonly RunningTurn[] {
    return this.#turns;
  }

  replace(turns: readonly RunningTurn[]): void {
    this.#turns = turns;
  }

  /**
   * @param capability as it was shown; null where none was
   * @returns null where it belongs to none, or nobody can say to which
   */
  of(capability: string | null): RunningTurn | null {
    if (capability === null) return this.#turns.length === 1 ? (this.#turns[0] ?? null) : null;
    const hash = createHash('sha256').update(capability).digest('hex');
    return this.#turns.find((turn) => turn.capability === hash) ?? null;
  }
}
