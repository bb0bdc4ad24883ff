/**
 * From a message of WhatsApp to an event of the gateway. Pure: who a hidden id is, and what a group is called, is found out
 * before.
 */
import type { EditedMessage, InboundFile, IncomingMessage } from '../channel.ts';
import { isGroup, keyOf, messageIdOf, personOf, userJid } from './keys.ts';
import type { WaContent, WaContext, WaMedia, WaMessage } from './library.ts';

const MOST_QUOTED_CHARS = 500;
const EDIT = 14; // ProtocolMessage.Type.MESSAGE_EDIT

export interface Surroundings {
  /** Phone number and hidden id of Moby's own account. */
  me: { phone: string; hidden: string | null };
  /** The sender, by phone number where it is known. */
  sender: string;
  /** The chat, a direct one by phone number where it is known. */
  chat: string;
  title: string | null;
  /** Ids of messages that Moby wrote, as far as they are asked for. */
  isOwn: (id: string) => boolean;
}

/** How media are fetched. As JSON in `ref`. */
export interface MediaRef {
  type: 'image' | 'document' | 'audio' | 'video' | 'sticker';
  key: string;
  path?: string;
  url?: string;
}

/** The new text where this is a change of an earlier message. */
export function editIn(content: WaContent): { id: string; content: WaContent } | null {
  const { type, key, editedMessage } = content.protocolMessage ?? {};
  return type === EDIT && key?.id && editedMessage ? { id: key.id, content: editedMessage } : null;
}

/**
 * @param content normalized, without wrappers
 * @returns null where nothing was said
 */
export function toMessage(
  { key, pushName, messageTimestamp }: WaMessage,
  content: WaContent,
  around: Surroundings,
): IncomingMessage | null {
  const { chat, sender, me, title } = around;
  const group = isGroup(chat);
  const files = filesOf(content);
  const context = contextOf(content);
  const mentioned = (context?.mentionedJid ?? []).some((jid) => isMe(jid, me));
  const text = withoutMention(textOf(content), me, mentioned);
  if (!key.id || (text === '' && files.length === 0)) return null;
  const quoted = quotedIn(context, around);
  const album = content.messageContextInfo?.messageAssociation?.parentMessageKey?.id;
  return {
    type: 'message',
    account: personOf(me.phone),
    channel: keyOf(chat),
    kind: group ? 'group' : 'direct',
    ...(group && title !== null ? { title } : {}),
    messageId: messageIdOf(key.id, group ? sender : null),
    sender: { id: personOf(sender), name: pushName || personOf(sender), bot: false },
    sentAt: numberOf(messageTimestamp) * 1000,
    text,
    addressed: !group || mentioned || (quoted?.fromMoby ?? false),
    ...(quoted ? { replyTo: quoted } : {}),
    files,
    ...(album ? { album } : {}),
  };
}

export function toEdit(
  message: WaMessage,
  id: string,
  content: WaContent,
  around: Surroundings,
): EditedMessage | null {
  const said = toMessage({ ...message, key: { ...message.key, id } }, content, around);
  if (!said) return null;
  const { files, album, ...edit } = said;
  return { ...edit, type: 'edit' };
}

export function textOf(content: WaContent): string {
  const { conversation, extendedTextMessage, locationMessage, contactMessage } = content;
  if (conversation) return conversation;
  if (extendedTextMessage?.text) return extendedTextMessage.text;
  const caption = mediaOf(content)?.media.caption;
  if (caption) return caption;
  if (locationMessage) {
    const { degreesLatitude, degreesLongitude, name } = locationMessage;
    return `My location: ${degreesLatitude}, ${degreesLongitude}${name ? ` (${name})` : ''}`;
  }
  if (contactMessage) {
    const phone = /TEL[^:\n]*:([^\r\n]+)/.exec(contactMessage.vcard ?? '')?.[1] ?? '';
    return `Contact: ${contactMessage.displayName ?? ''} ${phone}`.trim();
  }
  return '';
}

function contextOf(content: WaContent): WaContext | null {
  return content.extendedTextMessage?.contextInfo ?? mediaOf(content)?.media.contextInfo ?? null;
}

function isMe(jid: string, { phone, hidden }: Surroundings['me']): boolean {
  const user = userJid(jid);
  return user === phone || user === hidden;
}

/** A mention stands in the text as `@` and the digits of the id. */
function withoutMention(text: string, me: Surroundings['me'], mentioned: boolean): string {
  if (!mentioned) return text;
  const digits = [me.phone, me.hidden ?? me.phone].map((jid) => jid.split('@')[0]);
  return text
    .replace(new RegExp(`@(?:${digits.join('|')})\\b`, 'g'), '')
    .replace(/ {2,}/g, ' ')
    .trim();
}

function quotedIn(context: WaContext | null, { me, isOwn }: Surroundings): IncomingMessage['replyTo'] | null {
  if (!context?.stanzaId || !context.quotedMessage) return null;
  const participant = context.participant ?? '';
  const fromMoby = isMe(participant, me) || isOwn(context.stanzaId);
  const sender = fromMoby ? 'Moby' : personOf(userJid(participant));
  return { fromMoby, sender, text: textOf(context.quotedMessage).slice(0, MOST_QUOTED_CHARS) };
}

function mediaOf(content: WaContent): { type: MediaRef['type']; media: WaMedia } | null {
  const { imageMessage, documentMessage, audioMessage, videoMessage, stickerMessage } = content;
  if (imageMessage) return { type: 'image', media: imageMessage };
  if (documentMessage) return { type: 'document', media: documentMessage };
  if (audioMessage) return { type: 'audio', media: audioMessage };
  if (videoMessage) return { type: 'video', media: videoMessage };
  return stickerMessage ? { type: 'sticker', media: stickerMessage } : null;
}

const NAMES: Record<MediaRef['type'], { name: string; mime: string }> = {
  image: { name: 'photo.jpg', mime: 'image/jpeg' },
  document: { name: 'document', mime: 'application/octet-stream' },
  audio: { name: 'audio.ogg', mime: 'audio/ogg' },
  video: { name: 'video.mp4', mime: 'video/mp4' },
  sticker: { name: 'sticker.webp', mime: 'image/webp' },
};

function filesOf(content: WaContent): InboundFile[] {
  const found = mediaOf(content);
  if (!found?.media.mediaKey) return [];
  const { type, media } = found;
  const mime = media.mimetype?.split(';')[0] ?? NAMES[type].mime;
  const ref: MediaRef = {
    type,
    key: Buffer.from(found.media.mediaKey).toString('base64'),
    ...(media.directPath ? { path: media.directPath } : {}),
    ...(media.url ? { url: media.url } : {}),
  };
  const name = media.fileName || NAMES[type].name;
  const bytes = media.fileLength ? numberOf(media.fileLength) : null;
  return [{ kind: kindOf(type, mime, media.ptt === true), name, mime, bytes, ref: JSON.stringify(ref) }];
}

function kindOf(type: MediaRef['type'], mime: string, spoken: boolean): InboundFile['kind'] {
  if (type === 'audio') return spoken ? 'voice' : 'other';
  if (type === 'video') return 'other';
  return mime.startsWith('image/') ? 'image' : 'document';
}

/** A number as protobuf has it. */
function numberOf(value: WaMessage['messageTimestamp']): number {
  if (value === null || value === undefined) return 0;
  return typeof value === 'number' ? value : value.toNumber();
}
