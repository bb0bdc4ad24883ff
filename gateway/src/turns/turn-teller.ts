/**
 * Tells egress which turns run, so that it knows whose request is whose, who may reach nothing, and what the owner has decided
 * in each. Told whole at each change, and again whenever egress is reached anew: it keeps nothing over a restart.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '@mobyclaw/lib/clock';
import { doorPass } from '@mobyclaw/lib/door-pass';
import type { RunningTurn } from '@mobyclaw/protocol/egress';
import type { EgressClient } from '../egress/egress-client.ts';
import { isAttended } from '../questions/attended.ts';
import { type TurnRow, UPKEEP } from '../store/turn-store.ts';
import { askerOf } from './capabilities.ts';

const BY_ITSELF: Readonly<Record<string, RunningTurn['kind']>> = {
  cron: 'schedule',
  heartbeat: 'heartbeat',
  [UPKEEP]: 'upkeep',
};

export interface TurnTellerOptions {
  egress: Pick<EgressClient, 'request' | 'onUp'>;
  grants: (turn: string) => NonNullable<RunningTurn['grants']>;
  clock: Clock;
}

export class TurnTeller {
  readonly #options: TurnTellerOptions;
  readonly #running = new Map<string, Omit<RunningTurn, 'grants'>>();
  #telling = false;
  #again = false;

  constructor(options: TurnTellerOptions) {
    this.#options = options;
    options.egress.onUp(() => this.tell());
  }

  /** @param capability that a run of it was given; an earlier one is void */
  begins(turn: TurnRow, capability: string): void {
    this.#running.set(turn.id, {
      turn: turn.id,
      session: turn.session,
      kind: kindOf(turn),
      attended: isAttended(turn, this.#options.clock.now()),
      capability: sha256(capability),
      pass: sha256(doorPass(capability)),
    });
    this.tell();
  }

  ended(turn: string): void {
    if (this.#running.delete(turn)) this.tell();
  }

  /** What is told has changed. Never throws: where egress is away it is told when it is back. */
  tell(): void {
    this.#again = true;
    if (this.#telling) return;
    this.#telling = true;
    void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    const { egress, grants } = this.#options;
    try {
      while (this.#again) {
        this.#again = false;
        const turns = [...this.#running.values()].map((turn) => ({ ...turn, grants: grants(turn.turn) }));
        await egress.request('PUT', '/turns', { turns });
      }
    } finally {
      this.#telling = false;
    }
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function kindOf(turn: TurnRow): RunningTurn['kind'] {
  const asker = askerOf(turn);
  return asker === 'owner' ? (BY_ITSELF[turn.source] ?? 'owner') : asker;
}
