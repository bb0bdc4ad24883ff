/**
 * Up to where all messages are on disk: an id below which nothing is missing. Ids of Discord rise with time over all
 * chats, so one value serves for all of them. It may lag behind, since what is fetched twice is known by its key, but it
 * never runs ahead of a message that is not stored yet.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { ChannelMemory } from '../channel.ts';
import { snowflakeAt } from './keys.ts';

const NAME = 'cursor';
const SAVE_EVERY_MS = 5000; // a write to the disk for each message would cost more than fetching a few again
const OVERLAP = 60_000n << 22n; // a minute: Discord promises no order between chats
const OLDEST_MS = 14 * 86_400_000; // well within the time for which keys of messages are kept

export class Cursor {
  readonly #memory: ChannelMemory;
  readonly #clock: Clock;
  readonly #held = new Map<symbol, bigint>();
  #newest: bigint | null;
  #saved: bigint | null;
  #timer: Timer | null = null;

  constructor(memory: ChannelMemory, clock: Clock) {
    this.#memory = memory;
    this.#clock = clock;
    const saved = memory.get(NAME);
    this.#saved = saved === null ? null : BigInt(saved);
    this.#newest = this.#saved;
  }

  /** From here on messages may have been missed; null before the very first connection. */
  get missedAfter(): bigint | null {
    const safe = this.#safe();
    if (safe === null) return null;
    const oldest = snowflakeAt(this.#clock.now() - OLDEST_MS);
    return safe - OVERLAP > oldest ? safe - OVERLAP : oldest;
  }

  /** Nothing before this is of interest: the first connection was made then. */
  begin(id: bigint): void {
    if (this.#newest === null) this.#moveTo(id);
  }

  /**
   * What was missed after this, as `missedAfter` gave it, is not on disk yet.
   * @returns to call once it is
   */
  holdMissed(after: bigint): () => void {
    return this.hold(after + OVERLAP + 1n);
  }

  /**
   * Something with this id is not on disk yet.
   * @returns to call once it is
   */
  hold(id: bigint): () => void {
    const key = Symbol();
    this.#held.set(key, id);
    return () => {
      this.#held.delete(key);
      this.#moveTo(id);
    };
  }

  save(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const safe = this.#safe();
    if (safe === null || (this.#saved !== null && safe <= this.#saved)) return;
    this.#memory.set(NAME, String(safe));
    this.#saved = safe;
  }

  #moveTo(id: bigint): void {
    if (this.#newest === null || id > this.#newest) this.#newest = id;
    // With none on disk, the start after a kill would take itself for the very first, and nothing for missed.
    if (this.#saved === null) this.save();
    else this.#timer ??= this.#clock.after(SAVE_EVERY_MS, () => this.save());
  }

  #safe(): bigint | null {
    let safe = this.#newest;
    for (const id of this.#held.values()) if (safe === null || id - 1n < safe) safe = id - 1n;
    return safe;
  }
}
