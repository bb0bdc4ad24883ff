/**
 * From an update of the Bot API (https://core.telegram.org/bots/api#update) to events of the gateway. Pure: it decides
 * nothing about access and loses nothing that a person wrote.
 */
import type { Message, MessageEntity, Update, User } from 'telegraf/types';
import type { EditedMessage, InboundEvent, InboundFile, IncomingMessage } from '../channel.ts';
import { directKey, groupKey } from './keys.ts';

const MOST_QUOTED_CHARS = 500;

export interface Me {
  id: number;
  username: string;
}

/** @returns the events of an update, none for what is of no interest */
export function toEvents(update: Update, me: Me): InboundEvent[] {
  if ('message' in update) return fromMessage(update.message, me);
  if (!('edited_message' in update)) return [];
  const message = update.edited_message as Message;
  const incoming = toIncoming(message, me);
  if (!incoming) return [];
  const { files, album, ...said } = incoming;
  const edited = 'edit_date' in message ? message.edit_date : undefined;
  const edit: EditedMessage = { ...said, type: 'edit', sentAt: (edited ?? message.date) * 1000 };
  return [edit];
}

function fromMessage(message: Message, me: Me): InboundEvent[] {
  if ('migrate_to_chat_id' in message) {
    return [{ type: 'moved', from: groupKey(message.chat.id), to: groupKey(message.migrate_to_chat_id) }];
  }
  const incoming = toIncoming(message, me);
  return incoming ? [incoming] : [];
}

/** @returns null for service messages and for what no person wrote */
function toIncoming(message: Message, me: Me): IncomingMessage | null {
  const { chat, from } = message;
  if (!from || chat.type === 'channel' || ('is_automatic_forward' in message && message.is_automatic_forward))
    return null;
  const files = filesOf(message);
  const { text, mentioned } = withoutMention(message, me);
  if (text === '' && files.length === 0) return null;
  const direct = chat.type === 'private';
  const topic =
    'is_topic_message' in message && message.is_topic_message ? message.message_thread_id : undefined;
  const replyTo = replyOf(message, me);
  return {
    type: 'message',
    account: String(me.id),
    channel: direct ? directKey(chat.id) : groupKey(chat.id, topic),
    kind: direct ? 'direct' : 'group',
    ...('title' in chat ? { title: chat.title } : {}),
    messageId: String(message.message_id),
    sender: { id: String(from.id), name: nameOf(from), bot: from.is_bot },
    sentAt: message.date * 1000,
    text,
    addressed: direct || mentioned || (replyTo?.fromMoby ?? false),
    ...(replyTo ? { replyTo } : {}),
    files,
    ...('media_group_id' in message && message.media_group_id ? { album: message.media_group_id } : {}),
  };
}

function nameOf({ first_name, last_name, username }: User): string {
  return [first_name, last_name].filter(Boolean).join(' ') || username || 'somebody';
}

/** The text with what was said to Moby taken off: `@moby_bot how are you`, `/new@moby_bot`. */
function withoutMention(message: Message, me: Me): { text: string; mentioned: boolean } {
  const { text, entities } = textOf(message);
  const handle = `@${me.username}`.toLowerCase();
  let mentioned = false;
  let rest = text;
  for (const entity of entities.toReversed()) {
    const { offset, length } = entity; // in UTF-16 units, as JavaScript counts
    const covered = text.slice(offset, offset + length);
    if (entity.type === 'bot_command' && covered.toLowerCase().endsWith(handle)) {
      mentioned = true;
      rest = rest.slice(0, offset + length - handle.length) + rest.slice(offset + length);
    } else if (isMe(entity, covered, handle, me)) {
      mentioned = true;
      rest = rest.slice(0, offset) + rest.slice(offset + length);
    }
  }
  return { text: mentioned ? rest.replace(/ {2,}/g, ' ').trim() : rest, mentioned };
}

function isMe(entity: MessageEntity, covered: string, handle: string, me: Me): boolean {
  if (entity.type === 'mention') return covered.toLowerCase() === handle;
  return entity.type === 'text_mention' && entity.user.id === me.id;
}

function textOf(message: Message): { text: string; entities: MessageEntity[] } {
  if ('text' in message) return { text: message.text, entities: message.entities ?? [] };
  if ('caption' in message && message.caption !== undefined) {
    return { text: message.caption, entities: message.caption_entities ?? [] };
  }
  if ('location' in message) {
    const { latitude, longitude } = message.location;
    return { text: `My location: ${latitude}, ${longitude}`, entities: [] };
  }
  if ('contact' in message) {
    const { first_name, last_name = '', phone_number } = message.contact;
    return { text: `Contact: ${first_name} ${last_name} ${phone_number}`.replace(/ +/g, ' '), entities: [] };
  }
  if ('sticker' in message) return { text: message.sticker.emoji ?? '', entities: [] };
  return { text: '', entities: [] };
}

function replyOf(message: Message, me: Me): IncomingMessage['replyTo'] {
  const original = 'reply_to_message' in message ? message.reply_to_message : undefined;
  if (!original || 'forum_topic_created' in original) return undefined; // in a topic, every message answers its start
  const quote = 'quote' in message ? message.quote?.text : undefined;
  return {
    fromMoby: original.from?.id === me.id,
    sender: original.from ? nameOf(original.from) : 'somebody',
    text: (quote ?? textOf(original as Message).text).slice(0, MOST_QUOTED_CHARS),
  };
}

function filesOf(message: Message): InboundFile[] {
  if ('photo' in message) {
    const largest = message.photo.at(-1); // sizes come in rising order
    if (!largest) return [];
    return [file('image', 'photo.jpg', 'image/jpeg', largest)];
  }
  if ('voice' in message) {
    return [file('voice', 'voice.ogg', message.voice.mime_type ?? 'audio/ogg', message.voice)];
  }
  if ('animation' in message) {
    return [file('other', message.animation.file_name ?? 'animation.mp4', 'video/mp4', message.animation)];
  }
  if ('document' in message) {
    const { file_name = 'document', mime_type = 'application/octet-stream' } = message.document;
    return [
      file(mime_type.startsWith('image/') ? 'image' : 'document', file_name, mime_type, message.document),
    ];
  }
  if ('audio' in message) {
    const { file_name = 'audio', mime_type = 'audio/mpeg' } = message.audio;
    return [file('other', file_name, mime_type, message.audio)];
  }
  if ('video' in message) {
    const { file_name = 'video.mp4', mime_type = 'video/mp4' } = message.video;
    return [file('other', file_name, mime_type, message.video)];
  }
  if ('video_note' in message) return [file('other', 'video-note.mp4', 'video/mp4', message.video_note)];
  return [];
}

function file(
  kind: InboundFile['kind'],
  name: string,
  mime: string,
  given: { file_id: string; file_size?: number },
): InboundFile {
  return { kind, name, mime, bytes: given.file_size ?? null, ref: given.file_id };
}
