/**
 * Finds another program that uses the token of this bot: Discord lets both in, gives all messages to both, and says nothing.
 * But it hands us what the bot writes, with the nonce it was written with, so a message of the bot's with none of our nonces
 * is not ours. What we wrote is known beyond one connection, since a session that is resumed shows it again.
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Timer } from '@mobyclaw/lib/clock';
import { type APIMessage, MessageType } from 'discord.js';
import type { ChannelHost, ChannelMemory } from '../channel.ts';

const MOST_NONCES = 2000; // more than is written in the minutes that a session can be resumed over
const STAYS_MS = 3_600_000; // one that has written nothing for so long may be gone
const WARNING =
  'Another program writes with the token of this bot, so people may be answered twice. Stop it, or make a new token. If Moby was restarted a moment ago, this passes.';

/** The others are written by Discord in the bot's name, such as what answers a command of the menu. */
const WRITTEN: ReadonlySet<MessageType> = new Set([MessageType.Default, MessageType.Reply]);

const kept = new WeakMap<ChannelMemory, BoundedMap<string, true>>();

export class OtherProgram {
  /** What the bot wrote for this process, the newest last. */
  readonly #nonces: BoundedMap<string, true>;
  readonly #host: ChannelHost;
  #passes: Timer | null = null;

  constructor(host: ChannelHost) {
    this.#host = host;
    this.#nonces = kept.get(host.memory) ?? new BoundedMap(MOST_NONCES);
    kept.set(host.memory, this.#nonces);
  }

  /** To be called before it is sent: Discord may show it before it answers. */
  writes(nonce: string): void {
    this.#nonces.set(nonce, true);
  }

  /** @param me id of the bot */
  sees({ author, type, nonce, interaction_metadata }: Partial<APIMessage>, me: string | null): void {
    if (me === null || author?.id !== me || type === undefined || !WRITTEN.has(type)) return;
    if (interaction_metadata !== undefined || this.#nonces.has(String(nonce))) return;
    this.#passes?.cancel();
    this.#passes = this.#host.clock.after(STAYS_MS, () => this.#host.warn(null));
    this.#host.warn(WARNING);
  }

  close(): void {
    this.#passes?.cancel();
  }
}
