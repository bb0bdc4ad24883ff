/**
 * The threads that Moby takes part in: there he answers without being mentioned. Slack does not say it with a message, so
 * it is remembered, on disk too.
 */
import type { ChannelMemory } from '../channel.ts';

const NAME = 'threads';
const KEPT = 300; // the oldest is forgotten; a mention brings it back

export class Threads {
  readonly #memory: ChannelMemory;
  readonly #joined: Set<string>;

  constructor(memory: ChannelMemory) {
    this.#memory = memory;
    this.#joined = new Set(JSON.parse(memory.get(NAME) ?? '[]') as string[]);
  }

  has(channel: string, thread: string): boolean {
    return this.#joined.has(`${channel}:${thread}`);
  }

  join(channel: string, thread: string): void {
    const key = `${channel}:${thread}`;
    if (this.#joined.has(key)) return;
    this.#joined.add(key);
    const [oldest] = this.#joined;
    if (this.#joined.size > KEPT && oldest !== undefined) this.#joined.delete(oldest);
    this.#memory.set(NAME, JSON.stringify([...this.#joined]));
  }
}
