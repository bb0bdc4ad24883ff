/**
 * What an adapter is to the gateway, and the gateway to an adapter. An adapter knows this file, `channel-error.ts`,
 * `render/part.ts` and its own library, and nothing of the store, of turns or of the other adapters.
 *
 * A channel object is one connection: started once, stopped once, then thrown away. Reconnecting, backoff, giving up,
 * dedupe, order, access, queueing, retries and splitting are done by the gateway for all four alike. An adapter
 * translates, bounds every call by a timeout of its own, and reports honestly.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { RenderedPart, TextLimit } from '../render/part.ts';
import type { ChannelError } from './channel-error.ts';

/**
 * A place on a platform where messages come from and go to, as design names it: `telegram:dm:42`,
 * `telegram:group:-100:topic:7`, `slack:channel:C1:thread:1700000000.1`. It is the session key too. Only the adapter
 * of that platform reads more than the platform out of it.
 */
export type ChannelKey = string;

/** What the platform can do; fixed for the life of the object. */
export interface Abilities {
  text: TextLimit;
  /**
   * Milliseconds between two edits of a message that is being streamed, or null where messages cannot be edited: then
   * only the finished answer is sent.
   */
  editEveryMs: number | null;
  /** The same in groups, where that is stricter. */
  groupEditEveryMs?: number;
  /** Whether a message can have buttons; where it cannot, its text says what to answer. */
  buttons: boolean;
  /** How long a typing sign stays, in milliseconds; null where there is none. */
  typingMs: number | null;
  /**
   * For how long the platform shows a message only once that is sent again with the same `nonce`, in milliseconds: 0
   * where it cannot tell. Within that time `send` answers `failed` with remedy `retry` instead of `unknown`.
   */
  sendRepeatableMs: number;
  /** Largest file that can be sent, in bytes. */
  fileBytes: number;
  /** A receive path that has shown no life for so long is deaf: at most 45,000 ms. */
  deafAfterMs: number;
}

export type SendResult =
  /** `ids` of the messages that now show it, first the one to edit or reply to. */
  | { status: 'sent'; ids: string[] }
  /** It had no effect. By the error's `remedy` it can be tried again or not. */
  | { status: 'failed'; error: ChannelError }
  /** It may have had its effect and a repeat could show it twice: timed out or cut off after it was sent. */
  | { status: 'unknown'; error: ChannelError };

export interface SendOptions {
  /** Message that this one answers. Where it is gone, the platform's error is avoided and it is sent without. */
  replyTo?: string;
  /** The same for each try of one message; a UUID. */
  nonce: string;
  /**
   * More of this message will follow by `edit`: a platform with a stream of its own may begin one here and hand out an
   * id under which `edit` goes on with it. A live call must never make a sound or a second notification if it can be
   * helped.
   */
  live: boolean;
  /** At most five, shown below the message. Never given where `abilities.buttons` is false. */
  buttons?: readonly Button[];
}

export interface EditOptions {
  live: boolean;
  /** Those that the message has from now on; where none are given, it has none any more. */
  buttons?: readonly Button[];
}

export interface Button {
  /** Handed back when it is pressed; at most 64 bytes of ASCII, which is what Telegram takes. */
  id: string;
  label: string;
  style?: 'primary' | 'danger';
}

export interface OutboundFile {
  name: string;
  /** That of `VOICE_NOTE` (ogg-opus.ts): shown as a voice note where the platform has them. */
  mime: string;
  data: Uint8Array;
}

/**
 * Previews of answers in the making that the platform takes away by itself. Nothing of one stays, so a call that nobody
 * knows the end of leaves nothing beside the answer. A chat has one at a time.
 */
export interface Drafts {
  /** For how long one stands unless it is shown anew, in milliseconds. Any message to the chat takes it away before. */
  readonly lifeMs: number;
  /** Whether this chat takes drafts, as far as is known: where it has refused one, not any more. */
  serves(to: ChannelKey): boolean;
  /** Shows `part` in place of the draft that is there. Can always be repeated, so it is never `unknown`. */
  show(to: ChannelKey, part: RenderedPart): Promise<SendResult>;
}

/** One connection to a platform. No method but `start` throws for what the platform does; each settles in bounded time. */
export interface Channel {
  readonly abilities: Abilities;

  /** Where the platform has them, answers stream by drafts in the chats that they serve, elsewhere by `edit`. */
  readonly drafts?: Drafts;

  /**
   * Connects. Resolves once messages can come in, which has been shown and not assumed.
   * @throws ChannelError, `fatal` where trying again is of no use
   */
  start(): Promise<void>;

  /**
   * Ends for good, also in the middle of `start`. Resolves when every socket is closed, by force if need be, and
   * nothing more will be handed to the host; within 10 seconds.
   */
  stop(): Promise<void>;

  send(to: ChannelKey, part: RenderedPart, options: SendOptions): Promise<SendResult>;

  /**
   * Makes message `id` show `part` instead. "Nothing has changed" is `sent`. `unknown` only where a repeat could show
   * something twice; ordinary edits can be repeated and answer `failed` with remedy `retry` after a timeout.
   * `live: false` is the last one: a native stream ends with it.
   */
  edit(to: ChannelKey, id: string, part: RenderedPart, options: EditOptions): Promise<SendResult>;

  /** Takes a message back; a message that is gone is `sent`. */
  remove(to: ChannelKey, id: string): Promise<SendResult>;

  sendFile(
    to: ChannelKey,
    file: OutboundFile,
    options: { replyTo?: string; nonce: string },
  ): Promise<SendResult>;

  /** Shows that Moby is at it. Best effort; never rejects. */
  typing(to: ChannelKey): Promise<void>;

  /**
   * A receipt on the person's message where that is cheap (a reaction, a read mark). Best effort; never rejects.
   * @param waits the answer will take its time, because of files or of what is ahead
   */
  seen?(to: ChannelKey, messageId: string, waits: boolean): Promise<void>;

  /**
   * Fetches a file that came in, by the `ref` of its InboundFile, also one from before a restart.
   * @throws ChannelError
   */
  download(ref: string, mostBytes: number): Promise<Uint8Array>;

  /** Puts the commands into the platform's menu, where it has one. Called once, after each start. Never rejects. */
  publishCommands?(commands: readonly CommandInfo[]): Promise<void>;
}

export interface CommandInfo {
  /** Without the slash. */
  name: string;
  description: string;
}

/** What an adapter is given. Once `stop` was called, all of it does nothing: `receive` and `pressed` reject. */
export interface ChannelHost {
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Takes an event in. Resolves once it is on disk, and only then may the platform be told that it arrived; takes
   * milliseconds and never waits for the agent. Hand events of one chat over in their order; do not filter repeats,
   * strangers or groups: that is decided here.
   * @throws where it could not be stored: do not acknowledge; the platform brings it again
   */
  receive(event: InboundEvent): Promise<void>;
  /**
   * Somebody pressed a button. Resolves once what follows from it is on disk, with what to tell that person, for his eyes
   * only where the platform can. Takes milliseconds. Hand over every press, also by strangers and on old messages: who may
   * decide what is decided here.
   * @throws where it could not be stored: do not acknowledge, so that the person sees that it failed
   */
  pressed(press: ButtonPress): Promise<PressAnswer>;
  /** The receive path has just worked: a poll came back, a heartbeat was answered, an event arrived. No other call counts. */
  alive(): void;
  /** The connection is lost, or deaf; this object will be stopped and, unless fatal, replaced. */
  lost(error: ChannelError): void;
  /** It works, but something is wrong that a person should know of, and what to do. Null when that is over. */
  warn(text: string | null): void;
  /** The owner has to log in: what to show. Null when that is done. While it is shown, the channel is not deaf. */
  login(state: LoginState | null): void;
  /** The adapter's own state on disk, for few and small values such as a cursor. */
  readonly memory: ChannelMemory;
  /** Folder of this adapter's files, 0700; made when first asked for. */
  folder(): string;
}

export interface ButtonPress {
  /** As in `IncomingMessage`. */
  account: string;
  /** Where the message with the button stands; without its topic or thread where the platform does not say. */
  channel: ChannelKey;
  messageId: string;
  sender: Sender;
  /** `id` of the button, as the platform handed it back: a program may have made it up. */
  button: string;
}

export interface PressAnswer {
  /** One short line of plain text. */
  text: string;
  /** It counts, and the message will show it: then it need not be said where saying it leaves something to be dismissed. */
  accepted: boolean;
}

export interface LoginState {
  /** Text of a QR code to scan. */
  qr?: string;
  /** Code to type on the phone. */
  pairingCode?: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export interface ChannelMemory {
  get(name: string): string | null;
  /** On disk when it returns. */
  set(name: string, value: string): void;
}

export type InboundEvent = IncomingMessage | EditedMessage | MovedChat;

/** All of it is stored as JSON until it has been worked on. */
export interface IncomingMessage {
  type: 'message';
  /** Of the bot itself at the platform, so that another bot on the same data is not mistaken for this one. */
  account: string;
  channel: ChannelKey;
  kind: 'direct' | 'group';
  /** The group that this one is a thread of, where the key itself does not say so: who opens that has opened this. */
  parent?: ChannelKey;
  /** Name of a group, for people. */
  title?: string;
  /** Unique within the chat. */
  messageId: string;
  sender: Sender;
  /** When it was sent, in milliseconds since the epoch, as the platform says. */
  sentAt: number;
  /** Without the mention of Moby; a command of the platform's menu as `/name arguments`. Empty for a bare file. */
  text: string;
  /** In a group: Moby is mentioned, answered, or commanded. True in a direct message. */
  addressed: boolean;
  /** The message that this one answers. */
  replyTo?: {
    /** As `send` gave it out, where it is one of this chat's and the platform says so. */
    messageId?: string;
    fromMoby: boolean;
    sender: string;
    text: string;
    files?: InboundFile[];
  };
  /**
   * Whose words these are, or some of them, where the sender only handed them on; `somebody` where the platform does not
   * say. They are material, and no instruction of the sender.
   */
  forwardedFrom?: string;
  files: InboundFile[];
  /** Messages with the same value belong together: several pictures sent at once. */
  album?: string;
  /** The platform's apps cut long texts into several messages, and this may not be the last of one. */
  unfinished?: boolean;
}

/**
 * A person changed the text of a message: all of it as it is now. Only the newest matters, and only while its turn has not
 * begun; one of a message that was not for Moby before may be now.
 */
export interface EditedMessage extends Omit<IncomingMessage, 'type'> {
  type: 'edit';
  /** When it was written first, in milliseconds since the epoch, where the platform says; `sentAt` is when it was changed. */
  writtenAt?: number;
}

/**
 * A chat goes on under another key (Telegram: a group became a supergroup; WhatsApp: the number behind a hidden id became
 * known). All that names it follows.
 */
export interface MovedChat {
  type: 'moved';
  from: ChannelKey;
  to: ChannelKey;
  /** Its messages have other ids from now on, and those from before cannot be reached. */
  newMessages: boolean;
  /** The same of the person whose direct messages they are. */
  person?: { from: string; to: string };
}

export interface Sender {
  /** Never reassigned to somebody else: an id, no user name. `<PLATFORM>_ALLOWED_USERS` holds these. */
  id: string;
  /** For people. */
  name: string;
  /** Another bot; never answered. */
  bot: boolean;
}

export interface InboundFile {
  /** `voice` is spoken to Moby; `audio` is any other sound; `other` cannot be read and is answered politely. */
  kind: 'image' | 'document' | 'voice' | 'audio' | 'other';
  name: string;
  /** Empty for what is no file: `name` then says what it is, such as "a story". */
  mime: string;
  /** Null where the platform does not say. */
  bytes: number | null;
  /** All that `download` needs, also after a restart; plain text or JSON, without the token. */
  ref: string;
  /** The same of a smaller rendition, where the platform has one: for when the file is too large, or of a rare kind. */
  smaller?: string;
}

export interface ChannelStatus {
  /** `stopped`: by a fatal error, or on the way out. */
  state: 'connecting' | 'up' | 'down' | 'stopped';
  /** Milliseconds since the epoch. */
  since: number;
  receivePathWorkedAt: number | null;
  /** Why it is not up, or what is wrong although it is, and what to do. */
  reason: string | null;
  /** It will not be tried again until the gateway starts anew. */
  fatal: boolean;
  login: LoginState | null;
  /** Connections made since the gateway started. */
  connects: number;
}

/** The one export of `channels/<platform>/index.ts`: makes an unconnected channel; called anew for each connection. */
export type CreateChannel<Settings> = (settings: Settings, host: ChannelHost) => Channel;
