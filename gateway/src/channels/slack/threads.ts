/**
 * The threads that Moby takes part in: there he answers without being mentioned. Slack does not say it with a message, so
 * it is remembered, on disk too.
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { ChannelMemory } from '../channel.ts';

const NAME = 'threads';
const KEPT = 300; // the oldest is forgotten; a mention brings it back

export class Threads {
  readonly #memory: ChannelMemory;
  readonly #joined: BoundedMap<string, true>;

  constructor(memory: ChannelMemory) {
    this.#memory = memory;
    const joined = JSON.parse(memory.get(NAME) ?? '[]') as string[];
    this.#joined = new BoundedMap(
      KEPT,
      joined.map((key) => [key, true]),
    );
  }

  has(channel: string, thread: string): boolean {
    return this.#joined.has(`${channel}:${thread}`);
  }

  join(channel: string, thread: string): void {
    const key = `${channel}:${thread}`;
    if (this.#joined.has(key)) return;
    this.#joined.set(key, true);
    this.#memory.set(NAME, JSON.stringify([...this.#joined.keys()]));
  }
}
