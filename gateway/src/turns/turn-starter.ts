/**
 * Stores that attempts begin, before the agent is asked: which attempt it is, and what the person wrote as part of the
 * conversation. Those that begin in the same moment share a transaction, as each waits for all before it.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { GroupCommit } from '../store/group-commit.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import type { ConversationReset } from './conversation-reset.ts';

export interface TurnStarterOptions {
  store: Store;
  clock: Clock;
  resets: Pick<ConversationReset, 'applyDue'>;
  /** Names this process in the turns it runs. */
  lease: string;
}

interface Start {
  turn: TurnRow;
  /** Whether it is the turn's first attempt. */
  first: boolean;
}

export class TurnStarter {
  readonly #options: TurnStarterOptions;
  readonly #group = new GroupCommit<Start, number>({ commit: (starts) => this.#storeTogether(starts) });

  constructor(options: TurnStarterOptions) {
    this.#options = options;
  }

  /** @returns the number of the attempt @throws StoreError; nothing has begun then */
  start(turn: TurnRow, first: boolean): Promise<number> {
    return this.#group.add({ turn, first });
  }

  /** If they cannot be stored together, then each is stored by itself, so that one that fails does not hold up the others. */
  #storeTogether(starts: readonly Start[]): (number | Error)[] {
    const { store } = this.#options;
    try {
      return store.transaction('relaxed', () => starts.map((start) => this.#store(start)));
    } catch {
      return starts.map((start) => {
        try {
          return store.transaction('relaxed', () => this.#store(start));
        } catch (error) {
          return error as Error; // its own caller is told
        }
      });
    }
  }

  #store({ turn, first }: Start): number {
    const { store, clock, resets, lease } = this.#options;
    const now = clock.now();
    if (first) resets.applyDue(turn, now);
    const attempt = store.turns.start(turn.id, lease, now);
    if (store.messages.firstOfTurn(turn.session, turn.id)) return attempt;
    for (const one of [turn, ...store.turns.mergedInto(turn.id)]) {
      store.messages.insert({
        session: turn.session,
        turn: one.id,
        role: 'user',
        text: one.prompt,
        at: one.createdAt,
      });
    }
    return attempt;
  }
}
