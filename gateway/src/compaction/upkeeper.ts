/** What flush and summary both need: the store, how much room there is, and the head of a prompt. */

import type { Clock } from '@mobyclaw/lib/clock';
import { localTime } from '@mobyclaw/lib/local-time';
import type { Store } from '../store/store.ts';
import type { Room } from './carried.ts';
import type { Planner } from './planner.ts';
import type { Upkeep } from './prompts.ts';

export class Upkeeper {
  readonly store: Store;
  readonly planner: Planner;
  readonly #clock: Clock;
  readonly #timeZone: string;

  constructor(options: { store: Store; planner: Planner; clock: Clock; timeZone: string }) {
    this.store = options.store;
    this.planner = options.planner;
    this.#clock = options.clock;
    this.#timeZone = options.timeZone;
  }

  room(session: string): Room {
    return this.planner.room(session);
  }

  head(turn: string, channel: string): Upkeep {
    const { weekday, date, time } = localTime(this.#clock.now(), this.#timeZone);
    return { turn, channel, time: `${weekday} ${date} ${time} (${this.#timeZone})` };
  }
}
