/** The parts of Discord's objects that the peer fills in, named as on the wire. https://discord.com/developers/docs */

export interface WireUser {
  id: string;
  username: string;
  global_name: string | null;
  discriminator: string;
  avatar: null;
  bot: boolean;
}

export interface WireAttachment {
  id: string;
  filename: string;
  content_type?: string;
  size: number;
  url: string;
  proxy_url: string;
}

export interface WireMessage {
  id: string;
  channel_id: string;
  author: WireUser;
  content: string;
  timestamp: string;
  edited_timestamp: string | null;
  tts: boolean;
  mention_everyone: boolean;
  mentions: WireUser[];
  mention_roles: string[];
  attachments: WireAttachment[];
  embeds: never[];
  pinned: boolean;
  type: number;
  flags: number;
  /** Rows of buttons. */
  components: WireRow[];
  nonce?: string;
  message_reference?: { message_id: string; channel_id: string };
  referenced_message?: WireMessage | null;
}

export interface WireRow {
  type: 1;
  components: { type: 2; style: number; label: string; custom_id: string }[];
}

export interface WireChannel {
  id: string;
  /** 0 text in a guild, 1 direct message, 11 public thread. */
  type: number;
  guild_id?: string;
  name?: string;
  parent_id?: string;
  last_message_id: string | null;
  recipients?: WireUser[];
}

/** A dispatch: name of the event and its data. */
export interface Dispatch {
  t: string;
  d: unknown;
}

const DISCORD_EPOCH_MS = 1_420_070_400_000;

let last = 0n;

/** A new id, later than all before it. https://discord.com/developers/docs/reference#snowflakes */
export function snowflake(ms = Date.now()): string {
  const id = BigInt(ms - DISCORD_EPOCH_MS) << 22n;
  last = id > last ? id : last + 1n;
  return String(last);
}

export function userNamed(name: string, bot = false): WireUser {
  const id = snowflake();
  return { id, username: name.toLowerCase(), global_name: name, discriminator: '0', avatar: null, bot };
}
