/**
 * Takes in what the gateway dispatches and hands it to the host, each chat in its order. Discord has no acknowledgement
 * that would wait for our disk: what could not be stored is offered to the host again until it is, and the cursor stays
 * behind it, so that a crash in between fetches it anew.
 *
 * After each new session (at a start, and where one could not be resumed) the chats are asked for what was missed, before
 * anything newer of theirs is let through.
 */
import { backoffMs } from '@mobyclaw/lib/backoff';
import { pause } from '@mobyclaw/lib/clock';
import { KeyedQueue } from '@mobyclaw/lib/keyed-queue';
import {
  type APIInteraction,
  type APIMessage,
  type APIMessageComponentInteraction,
  ApplicationCommandType,
  type Client,
  GatewayDispatchEvents,
  type GatewayGuildCreateDispatchData,
  type GatewayReadyDispatchData,
  InteractionType,
  PermissionFlagsBits,
  Routes,
} from 'discord.js';
import type { ChannelHost, InboundEvent } from '../channel.ts';
import type { DiscordApi } from './api.ts';
import { takePress } from './buttons.ts';
import { acknowledge } from './commands.ts';
import type { Cursor } from './cursor.ts';
import type { DirectChats } from './direct-chats.ts';
import { DiscordError } from './errors.ts';
import { commandToIncoming, type Surroundings, toEdit, toIncoming } from './inbound.ts';
import { snowflakeAt } from './keys.ts';
import type { OtherProgram } from './other-program.ts';

const PAGE = 100; // the most that Discord gives
const MOST_PAGES = 50; // of one chat; more is no conversation
const RETRY = { firstMs: 1000, maxMs: 15_000 };

/** Messages in a thread or channel of a server, or, without `guild`, in a direct chat. */
interface Chat {
  id: string;
  guild: string | null;
}

export interface ReceiverOptions {
  client: Client;
  api: DiscordApi;
  host: ChannelHost;
  cursor: Cursor;
  chats: DirectChats;
  others: OtherProgram;
  /** Ids of people who are looked after also before they have written for the first time. */
  owners: readonly string[];
  /** Aborted when the connection ends. */
  signal: AbortSignal;
}

export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #queue = new KeyedQueue();
  #me: string | null = null;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    const { ws } = options.client;
    ws.on(GatewayDispatchEvents.Ready, (data: GatewayReadyDispatchData) => this.#ready(data));
    ws.on(GatewayDispatchEvents.GuildCreate, (data: GatewayGuildCreateDispatchData) => this.#guild(data));
    ws.on(GatewayDispatchEvents.MessageCreate, (data: Dispatched) => this.#message(data));
    ws.on(GatewayDispatchEvents.MessageUpdate, (data: Dispatched) => this.#edit(data));
    ws.on(GatewayDispatchEvents.InteractionCreate, (data: APIInteraction) => this.#interaction(data));
  }

  /** Id of the bot, once Discord has told it. */
  get me(): string | null {
    return this.#me;
  }

  /** Resolves when nothing is being handed over any more, once the signal is aborted. */
  async close(): Promise<void> {
    await this.#queue.idle();
    this.#options.cursor.save();
  }

  #ready({ user }: GatewayReadyDispatchData): void {
    const { cursor, chats, owners } = this.#options;
    this.#me = user.id;
    const after = cursor.missedAfter;
    if (after !== null) {
      for (const { chat } of chats.all) this.#catchUp({ id: chat, guild: null }, after);
    }
    for (const owner of owners) if (!chats.knows(owner)) this.#openChat(owner, after);
  }

  /** What an owner writes for the first time, while the line is dead, would never be found otherwise. */
  #openChat(owner: string, after: bigint | null): void {
    const { host, cursor, chats, signal } = this.#options;
    const release = after === null ? null : cursor.holdMissed(after);
    void this.#queue.run(owner, async () => {
      const chat = await this.#persist(() => chats.open(owner));
      if (signal.aborted) return;
      if (chat === null)
        host.logger.warn({ channel: 'discord', owner }, 'Discord opens no chat with an owner');
      else if (after !== null) this.#catchUp({ id: chat, guild: null }, after);
      release?.();
    });
  }

  /** Comes for each server after READY, again where a server was away, and where the bot is new. */
  #guild(guild: GatewayGuildCreateDispatchData): void {
    if (guild.unavailable || this.#me === null) return;
    const { cursor } = this.#options;
    const joined = snowflakeAt(Date.parse(guild.joined_at));
    const after = cursor.missedAfter;
    const from = after === null ? null : after > joined ? after : joined;
    let newest = BigInt(this.#me); // older than every message to the bot
    for (const channel of [...(guild.channels ?? []), ...(guild.threads ?? [])]) {
      if (!('last_message_id' in channel) || !channel.last_message_id) continue;
      const last = BigInt(channel.last_message_id);
      if (last > newest) newest = last;
      if (from !== null && last > from) this.#catchUp({ id: channel.id, guild: guild.id }, from);
    }
    if (after === null) cursor.begin(newest);
  }

  #message(message: Dispatched): void {
    this.#options.others.sees(message, this.#me);
    const chat = { id: message.channel_id, guild: message.guild_id ?? null };
    this.#handOver(chat, message.id, () => {
      const event = this.#read(message.id, () => toIncoming(message, this.#surroundings(chat)));
      if (event && !chat.guild) this.#options.chats.remember(event.sender.id, chat.id);
      return event;
    });
  }

  #edit(message: Dispatched): void {
    const chat = { id: message.channel_id, guild: message.guild_id ?? null };
    this.#handOver(chat, message.id, () =>
      this.#read(message.id, () => toEdit(message, this.#surroundings(chat))),
    );
  }

  #interaction(interaction: APIInteraction): void {
    if (interaction.type === InteractionType.MessageComponent) this.#press(interaction);
    if (interaction.type !== InteractionType.ApplicationCommand) return;
    if (interaction.data.type !== ApplicationCommandType.ChatInput) return;
    const chat = { id: interaction.channel.id, guild: interaction.guild_id ?? null };
    const { api, host, chats } = this.#options;
    const given = interaction as Parameters<typeof commandToIncoming>[0];
    this.#handOver(
      chat,
      interaction.id,
      () => {
        const event = this.#read(interaction.id, () =>
          commandToIncoming(given, this.#surroundings(chat), host.clock.now()),
        );
        if (event && !chat.guild) chats.remember(event.sender.id, chat.id);
        return event;
      },
      (event) => acknowledge(api, given, event, host.logger),
    );
  }

  /** Discord brings no press again, so there is nothing that a cursor could wait for. */
  #press(interaction: APIMessageComponentInteraction): void {
    const { host, api } = this.#options;
    const me = this.#me;
    if (me === null) return;
    void this.#queue.run(`${interaction.message.id}/presses`, () =>
      takePress(interaction, { me, host, api }),
    );
  }

  /** @param then what follows once it is on disk */
  #handOver<Event extends InboundEvent>(
    chat: Chat,
    id: string,
    make: () => Event | null,
    then?: (event: Event) => Promise<void>,
  ): void {
    if (this.#me === null) return; // nothing is dispatched before READY
    const release = this.#options.cursor.hold(BigInt(id));
    void this.#queue.run(chat.id, async () => {
      const event = make();
      if (event === null) release();
      else if (await this.#store(event)) {
        release();
        if (then) void then(event);
      }
    });
  }

  /** @returns false where the connection ended before it was on disk */
  async #store(event: InboundEvent): Promise<boolean> {
    const { host, signal } = this.#options;
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        await host.receive(event);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        host.logger.error({ channel: 'discord', err: error }, 'a message could not be stored yet');
        await pause(host.clock, backoffMs(failures, RETRY), signal);
      }
    }
    return false;
  }

  #catchUp(chat: Chat, after: bigint): void {
    const release = this.#options.cursor.holdMissed(after);
    void this.#queue.run(chat.id, async () => {
      if (await this.#fetchMissed(chat, after)) release();
    });
  }

  /** @returns whether all that can be had is on disk */
  async #fetchMissed(chat: Chat, after: bigint): Promise<boolean> {
    const { host, signal } = this.#options;
    // The library takes a server in after it has told us of it.
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.#readable(chat)) return true;
    let from = after;
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const messages = await this.#persist(() => this.#page(chat, from));
      if (signal.aborted) return false;
      if (messages === null) return true; // a channel that we may not read, or that is gone
      for (const message of messages) {
        const event = this.#read(message.id, () => toIncoming(message, this.#surroundings(chat)));
        if (event && !(await this.#store(event))) return false;
        from = BigInt(message.id);
      }
      if (messages.length < PAGE) return true;
    }
    const upTo = String(from);
    host.logger.warn({ channel: 'discord', chat: chat.id, upTo }, 'too much was missed to read all of it');
    return true;
  }

  /** Repeats a call until it succeeds. @returns null where it never will, or where the connection ended */
  async #persist<T>(call: () => Promise<T>): Promise<T | null> {
    const { host, signal } = this.#options;
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof DiscordError)) throw error;
        if (error.fatal || error.remedy !== 'retry') return null;
        await pause(host.clock, Math.max(backoffMs(failures, RETRY), error.retryAfterMs ?? 0), signal);
      }
    }
    return null;
  }

  /** @returns messages after an id, oldest first */
  async #page(chat: Chat, after: bigint): Promise<APIMessage[]> {
    const query = { after: String(after), limit: String(PAGE) };
    const route = Routes.channelMessages(chat.id);
    const messages = await this.#options.api.call<APIMessage[]>('getMessages', 'GET', route, { query });
    return messages.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  }

  /** Channels that the bot may not read would only cost refused calls, of which Discord allows few. */
  #readable({ id, guild }: Chat): boolean {
    if (guild === null) return true;
    const { client } = this.#options;
    const channel = client.channels.cache.get(id);
    if (!channel || !('permissionsFor' in channel) || !client.user) return true;
    const { ViewChannel, ReadMessageHistory } = PermissionFlagsBits;
    return channel.permissionsFor(client.user)?.has([ViewChannel, ReadMessageHistory]) ?? true;
  }

  /** What we cannot read is passed over: it would come again for ever. */
  #read<Event>(id: string, convert: () => Event | null): Event | null {
    try {
      return convert();
    } catch (error) {
      this.#options.host.logger.error(
        { channel: 'discord', message: id, err: error },
        'a message could not be read and was passed over',
      );
      return null;
    }
  }

  #surroundings({ id, guild }: Chat): Surroundings {
    const { client } = this.#options;
    const place = client.channels.cache.get(id);
    const parent = place?.isThread() ? place.parentId : null;
    const nameOfChannel = (channel: string): string | undefined => {
      const known = client.channels.cache.get(channel);
      return known && 'name' in known ? (known.name ?? undefined) : undefined;
    };
    const around = { me: this.#me ?? '', direct: guild === null, nameOfChannel };
    const server = guild === null ? undefined : client.guilds.cache.get(guild);
    if (!server) return around;
    const name = nameOfChannel(id);
    const myRole = server.roles.cache.find((role) => role.tags?.botId === this.#me)?.id;
    return {
      ...around,
      title: name === undefined ? server.name : `${server.name} #${name}`,
      ...(parent === null ? {} : { parent }),
      ...(myRole === undefined ? {} : { myRole }),
    };
  }
}

type Dispatched = APIMessage & { guild_id?: string };
