/**
 * Which direct chat belongs to which person. Discord names a direct chat by an id of its own and lists none to a bot, so
 * they are remembered: to look there for what was missed, and to write without asking first.
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import { type APIDMChannel, Routes } from 'discord.js';
import type { ChannelMemory } from '../channel.ts';
import type { DiscordApi } from './api.ts';

const NAME = 'direct-chats';
const MOST = 100; // those written in last; each costs a call after a lost session

export class DirectChats {
  readonly #memory: ChannelMemory;
  readonly #api: DiscordApi;
  /** Person to chat, the latest last. */
  readonly #chats: BoundedMap<string, string>;

  constructor(memory: ChannelMemory, api: DiscordApi) {
    this.#memory = memory;
    this.#api = api;
    this.#chats = new BoundedMap(MOST, JSON.parse(memory.get(NAME) ?? '[]') as [string, string][]);
  }

  knows(user: string): boolean {
    return this.#chats.has(user);
  }

  /**
   * Id of the chat with a person; nobody sees that it is opened.
   * @throws DiscordError
   */
  async open(user: string): Promise<string> {
    const known = this.#chats.get(user);
    if (known !== undefined) return known;
    const body = { recipient_id: user };
    const { id } = await this.#api.call<APIDMChannel>('createDM', 'POST', Routes.userChannels(), { body });
    this.remember(user, id);
    return id;
  }

  get all(): { user: string; chat: string }[] {
    return [...this.#chats].map(([user, chat]) => ({ user, chat }));
  }

  /** On disk when it returns. */
  remember(user: string, chat: string): void {
    const known = this.#chats.get(user) === chat;
    this.#chats.set(user, chat);
    if (!known) this.#memory.set(NAME, JSON.stringify([...this.#chats]));
  }
}
