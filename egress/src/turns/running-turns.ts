/**
 * The turns that run, as the gateway tells them: whose request is it? The agent shows the capability of its turn to the relay
 * where it can, and what it starts shows the turn's pass to the door; where none is shown and one turn runs, it is that one's.
 *
 * Only hashes of them are kept: what is written down or dumped here opens nothing.
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
   * @param shown a capability or a pass; null where none was
   * @returns null where it belongs to none, or nobody can say to which
   */
  of(shown: string | null): RunningTurn | null {
    if (shown === null) return this.#turns.length === 1 ? (this.#turns[0] ?? null) : null;
    const hash = createHash('sha256').update(shown).digest('hex');
    return this.#turns.find(({ capability, pass }) => capability === hash || pass === hash) ?? null;
  }
}
