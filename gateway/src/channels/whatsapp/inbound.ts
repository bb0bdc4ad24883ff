/**
 * From a message of WhatsApp to an event of the gateway. Pure: who a hidden id is, and what a group is called, is found out
 * before.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import type { EditedMessage, IncomingMessage } from '../channel.ts';
import { isGroup, keyOf, messageIdOf, personOf, userJid } from './keys.ts';
import type { WaContent, WaContext, WaMessage } from './library.ts';
import { filesOf, numberOf, textOf } from './message-content.ts';

const MOST_QUOTED_CHARS = 4096;
const EDIT = 14; // ProtocolMessage.Type.MESSAGE_EDIT
const DISAPPEARING = 3; // ProtocolMessage.Type.EPHEMERAL_SETTING
const LONGEST_EXPIRATION = 366 * 86_400; // in seconds; apps offer 90 days at most

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

/** The new text where this is a change of an earlier message. */
export function editIn(content: WaContent): { id: string; content: WaContent } | null {
  const { type, key, editedMessage } = content.protocolMessage ?? {};
  return type === EDIT && key?.id && editedMessage ? { id: key.id, content: editedMessage } : null;
}

/** How long messages of the chat stay from now on, in seconds, where that was changed; 0: for good. */
export function expirationSetIn({ protocolMessage }: WaContent): number | null {
  if (protocolMessage?.type !== DISAPPEARING) return null;
  return withinReason(protocolMessage.ephemeralExpiration);
}

/** How long a message says that the messages of its chat stay, in seconds; each one says so. 0: for good. */
export function expirationOf(content: WaContent): number {
  return withinReason(contextOf(content)?.expiration);
}

function withinReason(seconds: number | null | undefined): number {
  return seconds && seconds > 0 && seconds <= LONGEST_EXPIRATION ? Math.floor(seconds) : 0;
}

/**
 * @param content normalized, without wrappers
 * @returns null where nothing was said
 */
export function toMessage(
  { key, pushName, messageTimestamp, message }: WaMessage,
  content: WaContent,
  around: Surroundings,
): IncomingMessage | null {
  const { chat, sender, me, title } = around;
  const group = isGroup(chat);
  const files = filesOf(content);
  const context = contextOf(content);
  const mentioned = (context?.mentionedJid ?? []).some((jid) => isMe(jid, me));
  const text = withoutMention(textOf(content), me, mentioned);
  if (!key.id || (text === '' && files.length === 0 && !mentioned)) return null;
  const quoted = quotedIn(context, around);
  // In a chat with disappearing messages it stands outside of the wrapper.
  const info = content.messageContextInfo ?? message?.messageContextInfo;
  const album = info?.messageAssociation?.parentMessageKey?.id;
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
    ...(context?.isForwarded ? { forwardedFrom: 'somebody' } : {}), // WhatsApp does not say who
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
  return said && { ...said, type: 'edit' };
}

/** Each kind of message has its own; WhatsApp adds kinds every few months. */
function contextOf(content: WaContent): WaContext | null {
  for (const part of Object.values(content)) {
    const { contextInfo } = (part ?? {}) as { contextInfo?: WaContext | null };
    if (contextInfo) return contextInfo;
  }
  return null;
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
  const text = cutText(textOf(context.quotedMessage), MOST_QUOTED_CHARS);
  const files = filesOf(context.quotedMessage);
  const messageId = context.stanzaId;
  return { messageId, fromMoby, sender, text, ...(files.length > 0 ? { files } : {}) };
}
