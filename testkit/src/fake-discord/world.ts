/**
 * What Discord knows: people, one guild with channels, direct messages, messages, files. Everything that changes is told
 * to `onEvent`, as the gateway would dispatch it.
 */
import {
  type Dispatch,
  snowflake,
  userNamed,
  type WireChannel,
  type WireMessage,
  type WireRow,
  type WireUser,
} from './wire.ts';

export interface Attached {
  name: string;
  /** Left out where Discord does not know it. */
  mime?: string;
  data: Uint8Array;
}

export interface NewMessage {
  channel: WireChannel;
  author: WireUser;
  text: string;
  replyTo?: string;
  files?: Attached[];
  flags?: number;
  nonce?: string;
  components?: WireRow[];
  type?: number;
  /** Address of a file. */
  fileUrl: (id: string, name: string) => string;
}

export class World {
  readonly bot = userNamed('Moby', true);
  readonly applicationId = snowflake();
  readonly guild = { id: snowflake(), name: 'Harbour', roles: [] as unknown[] };
  readonly botRole = snowflake();
  readonly channels = new Map<string, WireChannel>();
  readonly messages = new Map<string, WireMessage>();
  readonly files = new Map<string, Attached>();
  readonly users = new Map<string, WireUser>([[this.bot.id, this.bot]]);
  readonly #onEvent: (event: Dispatch) => void;

  constructor(onEvent: (event: Dispatch) => void) {
    this.#onEvent = onEvent;
  }

  person(name: string, bot = false): WireUser {
    const user = userNamed(name, bot);
    this.users.set(user.id, user);
    return user;
  }

  channel(name: string): WireChannel {
    return this.#add({ id: snowflake(), type: 0, guild_id: this.guild.id, name, last_message_id: null });
  }

  thread(name: string, parent: WireChannel): WireChannel {
    const channel = this.#add({
      id: snowflake(),
      type: 11,
      guild_id: this.guild.id,
      name,
      parent_id: parent.id,
      last_message_id: null,
    });
    this.#onEvent({ t: 'THREAD_CREATE', d: threadView(channel) });
    return channel;
  }

  /** The direct messages between the bot and somebody; the same each time. */
  direct(user: WireUser): WireChannel {
    const known = [...this.channels.values()].find(({ recipients }) => recipients?.[0]?.id === user.id);
    return known ?? this.#add({ id: snowflake(), type: 1, last_message_id: null, recipients: [user] });
  }

  /** Messages of a channel, oldest first. */
  shown(channel: WireChannel): WireMessage[] {
    return [...this.messages.values()].filter(({ channel_id }) => channel_id === channel.id);
  }

  post({
    channel,
    author,
    text,
    replyTo,
    files = [],
    flags = 0,
    nonce,
    components = [],
    type,
    fileUrl,
  }: NewMessage): WireMessage {
    const replied = replyTo === undefined ? undefined : this.messages.get(replyTo);
    const mentions = [...text.matchAll(/<@!?(\d+)>/g)].flatMap(([, id = '']) => this.users.get(id) ?? []);
    const message: WireMessage = {
      id: snowflake(),
      channel_id: channel.id,
      author,
      content: text,
      timestamp: new Date().toISOString(),
      edited_timestamp: null,
      tts: false,
      mention_everyone: false,
      mentions,
      mention_roles: [...text.matchAll(/<@&(\d+)>/g)].flatMap(([, id]) => id ?? []),
      attachments: files.map((file) => {
        const id = snowflake();
        this.files.set(id, file);
        const url = fileUrl(id, file.name);
        const mime = file.mime === undefined ? {} : { content_type: file.mime };
        return { id, filename: file.name, ...mime, size: file.data.byteLength, url, proxy_url: url };
      }),
      embeds: [],
      pinned: false,
      type: type ?? (replied ? 19 : 0),
      flags,
      components,
      ...(nonce === undefined ? {} : { nonce }),
      ...(replied
        ? {
            message_reference: { message_id: replied.id, channel_id: channel.id },
            referenced_message: replied,
          }
        : {}),
    };
    this.messages.set(message.id, message);
    channel.last_message_id = message.id;
    this.#dispatch('MESSAGE_CREATE', channel, message);
    return message;
  }

  /** @param components left out: as they are */
  change(message: WireMessage, text: string, components = message.components): WireMessage {
    message.content = text;
    message.components = components;
    message.edited_timestamp = new Date().toISOString();
    const channel = this.channels.get(message.channel_id);
    if (channel) this.#dispatch('MESSAGE_UPDATE', channel, message);
    return message;
  }

  remove(message: WireMessage): void {
    this.messages.delete(message.id);
    const { id, channel_id } = message;
    const guild_id = this.channels.get(channel_id)?.guild_id;
    this.#onEvent({ t: 'MESSAGE_DELETE', d: { id, channel_id, ...(guild_id ? { guild_id } : {}) } });
  }

  /** As GUILD_CREATE carries it. */
  guildView(): unknown {
    const all = [...this.channels.values()].filter(({ guild_id }) => guild_id === this.guild.id);
    const role = { color: 0, hoist: false, position: 0, permissions: '1071698660929', mentionable: true };
    return {
      id: this.guild.id,
      name: this.guild.name,
      unavailable: false,
      joined_at: new Date(0).toISOString(),
      owner_id: snowflake(),
      member_count: this.users.size,
      features: [],
      emojis: [],
      stickers: [],
      presences: [],
      voice_states: [],
      stage_instances: [],
      guild_scheduled_events: [],
      roles: [
        { ...role, id: this.guild.id, name: '@everyone', managed: false },
        { ...role, id: this.botRole, name: 'Moby', managed: true, tags: { bot_id: this.bot.id } },
      ],
      members: [{ user: this.bot, roles: [this.botRole], joined_at: new Date(0).toISOString(), flags: 0 }],
      channels: all
        .filter(({ type }) => type === 0)
        .map((channel) => ({ ...channel, position: 0, permission_overwrites: [] })),
      threads: all.filter(({ type }) => type === 11).map(threadView),
    };
  }

  #add(channel: WireChannel): WireChannel {
    this.channels.set(channel.id, channel);
    return channel;
  }

  #dispatch(t: string, channel: WireChannel, message: WireMessage): void {
    const { guild_id } = channel;
    const member = { roles: [], joined_at: new Date(0).toISOString(), flags: 0, nick: null };
    // A copy: what was dispatched does not change when the message does.
    this.#onEvent({ t, d: structuredClone({ ...message, ...(guild_id ? { guild_id, member } : {}) }) });
  }
}

function threadView(channel: WireChannel): unknown {
  const thread_metadata = {
    archived: false,
    auto_archive_duration: 1440,
    archive_timestamp: new Date(0).toISOString(),
    locked: false,
  };
  return { ...channel, owner_id: channel.id, message_count: 0, member_count: 1, thread_metadata };
}
