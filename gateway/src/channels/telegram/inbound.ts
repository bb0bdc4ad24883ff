/**
 * From an update of the Bot API (https://core.telegram.org/bots/api#update) to events of the gateway. Pure: it decides
 * nothing about access and loses nothing that a person wrote.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import type { Chat, Message, Update, User } from 'telegraf/types';
import type {
  ChannelKey,
  EditedMessage,
  InboundEvent,
  IncomingMessage,
  MovedChat,
  Sender,
} from '../channel.ts';
import { directKey, groupKey } from './keys.ts';
import { filesOf } from './message-files.ts';
import { isWritten, type Me, plainTextOf, readText } from './message-text.ts';

const MOST_QUOTED_CHARS = 4096;
/** Apps cut a text at an empty line or a space between half of the 4096 characters of a message and all of them. */
const UNFINISHED_CHARS = 2048;

/** @returns the events of an update, none for what is of no interest */
export function toEvents(update: Update, me: Me): InboundEvent[] {
  if ('message' in update) return fromMessage(update.message, me);
  if (!('edited_message' in update)) return [];
  const message = update.edited_message as Message;
  if ('location' in message) return []; // a live location moves on, which nobody has written
  const incoming = toIncoming(message, me);
  if (!incoming) return [];
  const edited = 'edit_date' in message ? message.edit_date : undefined;
  const edit: EditedMessage = {
    ...incoming,
    type: 'edit',
    sentAt: (edited ?? message.date) * 1000,
    writtenAt: incoming.sentAt,
  };
  return [edit];
}

function fromMessage(message: Message, me: Me): InboundEvent[] {
  if ('migrate_to_chat_id' in message) return [moved(message.chat.id, message.migrate_to_chat_id)];
  if ('migrate_from_chat_id' in message) return [moved(message.migrate_from_chat_id, message.chat.id)];
  const incoming = toIncoming(message, me);
  return incoming ? [incoming] : [];
}

/** A group has become a supergroup, which counts its messages from 1. */
export function moved(from: number, to: number): MovedChat {
  return { type: 'moved', from: groupKey(from), to: groupKey(to), newMessages: true };
}

/** @returns null for service messages and for what no person wrote */
function toIncoming(message: Message, me: Me): IncomingMessage | null {
  const { chat } = message;
  const sender = senderOf(message);
  if (!sender || chat.type === 'channel') return null;
  const files = filesOf(message);
  const { text, mentioned } = readText(message, me);
  if (text === '' && files.length === 0 && !mentioned) return null;
  const direct = chat.type === 'private';
  const replyTo = replyOf(message, me);
  const forwardedFrom = originOf(message);
  return {
    type: 'message',
    account: String(me.id),
    channel: chatKey(message),
    kind: direct ? 'direct' : 'group',
    ...('title' in chat ? { title: chat.title } : {}),
    messageId: String(message.message_id),
    sender,
    sentAt: message.date * 1000,
    text,
    addressed: direct || mentioned || (replyTo?.fromMoby ?? false),
    ...(replyTo ? { replyTo } : {}),
    ...(forwardedFrom === null ? {} : { forwardedFrom }),
    files,
    ...('media_group_id' in message && message.media_group_id ? { album: message.media_group_id } : {}),
    ...(isWritten(message) && text.length > UNFINISHED_CHARS && !forwardedFrom ? { unfinished: true } : {}),
  };
}

/** The topic counts where the message says it; one that Telegram has no longer does not. */
export function chatKey(message: { chat: Chat; message_id: number }): ChannelKey {
  const { chat } = message;
  const { is_topic_message, message_thread_id } = message as Partial<Message.CommonMessage>;
  const topic = is_topic_message ? message_thread_id : undefined;
  return chat.type === 'private' ? directKey(chat.id, topic) : groupKey(chat.id, topic);
}

/**
 * Who wrote it. An admin who stays anonymous writes as the group, and a channel that the group is linked to, or that somebody
 * writes as, as the channel; Telegram names a bot of its own as the user then. These are no users, so their ids are written
 * unlike those of the owners in the settings.
 */
function senderOf(message: Message): Sender | null {
  const { from } = message;
  const chat = 'sender_chat' in message ? message.sender_chat : undefined;
  if (chat) return { id: `chat:${chat.id}`, name: titleOf(chat), bot: false };
  return from ? { id: String(from.id), name: nameOf(from), bot: from.is_bot } : null;
}

function titleOf(chat: Chat): string {
  return 'title' in chat ? chat.title : 'somebody';
}

export function nameOf({ first_name, last_name, username }: User): string {
  return [first_name, last_name].filter(Boolean).join(' ') || username || 'somebody';
}

function replyOf(message: Message, me: Me): IncomingMessage['replyTo'] {
  const original = 'reply_to_message' in message ? message.reply_to_message : undefined;
  const elsewhere = 'external_reply' in message ? message.external_reply : undefined;
  const quote = 'quote' in message ? message.quote?.text : undefined;
  if (original && !('forum_topic_created' in original)) {
    const text = quote ?? plainTextOf(original as Message);
    const sender = senderOf(original as Message)?.name ?? 'somebody';
    const messageId = String(original.message_id);
    return { messageId, fromMoby: original.from?.id === me.id, sender, ...quoted(text, original) };
  }
  if (!elsewhere) return undefined; // in a topic, every message answers its start
  return { fromMoby: false, sender: nameOfOrigin(elsewhere.origin), ...quoted(quote ?? '', elsewhere) };
}

function quoted(
  text: string,
  original: object,
): Pick<NonNullable<IncomingMessage['replyTo']>, 'text' | 'files'> {
  const files = filesOf(original);
  return { text: cutText(text, MOST_QUOTED_CHARS), ...(files.length > 0 ? { files } : {}) };
}

type Origin = NonNullable<Message.CommonMessage['forward_origin']>;

/** @returns null where nothing was forwarded */
function originOf(message: Message): string | null {
  // What the linked channel posts comes as a forward of its own.
  if ('is_automatic_forward' in message && message.is_automatic_forward) return null;
  return 'forward_origin' in message && message.forward_origin ? nameOfOrigin(message.forward_origin) : null;
}

function nameOfOrigin(origin: Origin): string {
  switch (origin.type) {
    case 'user':
      return nameOf(origin.sender_user);
    case 'hidden_user':
      return origin.sender_user_name;
    case 'chat':
      return titleOf(origin.sender_chat);
    case 'channel':
      return titleOf(origin.chat);
    default:
      return 'somebody';
  }
}
