/**
 * Which direct chat belongs to which person. Discord names a direct chat by an id of its own and lists none to a bot, so
 * they are remembered: to look there for what was missed, and to write without asking first.
 */
import type { ChannelMemory } from '../channel.ts';

const NAME = 'direct-chats';
const MOST = 100; // those written in last; each costs a call after a lost session

export class DirectChats {
  readonly #memory: ChannelMemory;
  /** Person to chat, the latest last. */
  #chats: Map<string, string>;

  constructor(memory: ChannelMemory) {
    this.#memory = memory;
    this.#chats = new Map(JSON.parse(memory.get(NAME) ?? '[]') as [string, string][]);
  }

  chatWith(user: string): string | undefined {
    return this.#chats.get(user);
  }

  get all(): { user: string; chat: string }[] {
    return [...this.#chats].map(([user, chat]) => ({ user, chat }));
  }

  /** On disk when it returns. */
  remember(user: string, chat: string): void {
    const known = this.#chats.get(user) === chat;
    this.#chats.delete(user);
    this.#chats.set(user, chat);
    if (known) return;
    this.#chats = new Map([...this.#chats].slice(-MOST));
    this.#memory.set(NAME, JSON.stringify([...this.#chats]));
  }
}
