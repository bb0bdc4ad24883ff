/**
 * From a message or a command of Discord to an event of the gateway. Pure: it decides nothing about access and loses
 * nothing that a person wrote. https://discord.com/developers/docs/resources/message
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import {
  type APIAttachment,
  type APIChatInputApplicationCommandInteraction,
  type APIMessage,
  type APIUser,
  MessageFlags,
  MessageReferenceType,
  MessageType,
} from 'discord.js';
import type { ChannelKey, EditedMessage, InboundFile, IncomingMessage } from '../channel.ts';
import { kindOf } from '../file-kind.ts';
import type { FileRef } from './files.ts';
import { directKey, groupKey } from './keys.ts';

const MOST_QUOTED_CHARS = 4096;
const SHRUNK_PIXELS = 1568; // models see no more than that

/** What a message does not say about the place it was written in. */
export interface Surroundings {
  /** Id of the bot. */
  me: string;
  direct: boolean;
  /** Of a channel in a server, for people. */
  title?: string;
  /** Id of the channel that this thread is in. */
  parent?: string;
  /** Role that belongs to the bot alone; mentioning it means him. */
  myRole?: string;
  nameOfChannel: (id: string) => string | undefined;
}

/** @returns null for what no person wrote, and for our own */
export function toIncoming(message: APIMessage, around: Surroundings): IncomingMessage | null {
  const { author, channel_id, type } = message;
  if (author.id === around.me || (type !== MessageType.Default && type !== MessageType.Reply)) return null;
  const forwarded = message.message_snapshots?.map((snapshot) => snapshot.message) ?? [];
  const text = textOf(message, around);
  const files = [message, ...forwarded].flatMap((part) => filesOf(part, message));
  const mentioned = mentions(message, around);
  if (text === '' && files.length === 0 && !mentioned) return null;
  const replyTo = replyOf(message, around);
  return {
    type: 'message',
    account: around.me,
    channel: around.direct ? directKey(author.id) : groupKey(channel_id),
    kind: around.direct ? 'direct' : 'group',
    ...placeOf(around),
    messageId: message.id,
    sender: senderOf(author, message.webhook_id !== undefined),
    sentAt: Date.parse(message.timestamp),
    text,
    addressed: around.direct || mentioned || (replyTo?.fromMoby ?? false),
    ...(replyTo ? { replyTo } : {}),
    ...(forwarded.length > 0 ? { forwardedFrom: 'somebody' } : {}), // Discord does not say who
    files,
  };
}

/** @returns null where the update is no edit of a text: Discord also tells of previews, pins and threads this way */
export function toEdit(message: APIMessage, around: Surroundings): EditedMessage | null {
  if (!message.edited_timestamp || !message.author) return null;
  const incoming = toIncoming(message, around);
  if (!incoming) return null;
  return {
    ...incoming,
    type: 'edit',
    sentAt: Date.parse(message.edited_timestamp),
    writtenAt: incoming.sentAt,
  };
}

/** @returns the command as if it had been written, or null where nobody can be told from it */
export function commandToIncoming(
  interaction: APIChatInputApplicationCommandInteraction,
  around: Surroundings,
  now: number,
): IncomingMessage | null {
  const user = interaction.member?.user ?? interaction.user;
  if (!user) return null;
  const { name, options = [] } = interaction.data;
  const given = options.flatMap((option) => ('value' in option ? String(option.value) : []));
  return {
    type: 'message',
    account: around.me,
    channel: around.direct ? directKey(user.id) : groupKey(interaction.channel.id),
    kind: around.direct ? 'direct' : 'group',
    ...placeOf(around),
    messageId: interaction.id,
    sender: senderOf(user, false),
    sentAt: now,
    text: [`/${name}`, ...given].join(' '),
    addressed: true,
    files: [],
  };
}

function placeOf({ title, parent }: Surroundings): { title?: string; parent?: ChannelKey } {
  return {
    ...(title === undefined ? {} : { title }),
    ...(parent === undefined ? {} : { parent: groupKey(parent) }),
  };
}

function senderOf(user: APIUser, webhook: boolean) {
  return { id: user.id, name: user.global_name ?? user.username, bot: webhook || user.bot === true };
}

function mentions(message: APIMessage, { me, myRole }: Surroundings): boolean {
  return (
    message.mentions.some(({ id }) => id === me) ||
    (myRole !== undefined && message.mention_roles.includes(myRole))
  );
}

/** Names in place of ids, and without the mention of Moby himself. */
function textOf(message: APIMessage, around: Surroundings): string {
  const { me, myRole, nameOfChannel } = around;
  const forwarded = message.message_snapshots?.map((snapshot) => snapshot.message.content) ?? [];
  const stickers = message.sticker_items?.map(({ name }) => `(sticker: ${name})`) ?? [];
  const { poll } = message;
  const asked = poll
    ? [
        `Poll: ${poll.question.text ?? ''}`,
        ...poll.answers.map(({ poll_media }) => `- ${poll_media.text ?? ''}`),
      ]
    : [];
  const names = new Map(message.mentions.map((user) => [user.id, user.global_name ?? user.username]));
  return [message.content, ...forwarded, ...stickers, ...asked]
    .join('\n')
    .replace(/[ \t]?<@!?(\d+)>/g, (mention, id: string) => {
      if (id === me) return '';
      const name = names.get(id);
      return name === undefined ? mention : mention.replace(/<.*/, `@${name}`);
    })
    .replace(/[ \t]?<@&(\d+)>/g, (mention, id: string) => (id === myRole ? '' : mention))
    .replace(/<#(\d+)>/g, (mention, id: string) => {
      const name = nameOfChannel(id);
      return name === undefined ? mention : `#${name}`;
    })
    .replace(/<a?:(\w+):\d+>/g, ':$1:')
    .trim();
}

function replyOf(message: APIMessage, around: Surroundings): IncomingMessage['replyTo'] {
  const original = message.referenced_message;
  if (!original || message.message_reference?.type === MessageReferenceType.Forward) return undefined;
  const files = filesOf(original, original);
  return {
    messageId: original.id,
    fromMoby: original.author.id === around.me,
    sender: original.author.global_name ?? original.author.username,
    text: cutText(textOf(original, around), MOST_QUOTED_CHARS),
    ...(files.length > 0 ? { files } : {}),
  };
}

/** @param message that holds the part, under whose id its files are found again */
function filesOf(
  { attachments, flags }: Pick<APIMessage, 'attachments' | 'flags'>,
  message: Pick<APIMessage, 'id' | 'channel_id'>,
): InboundFile[] {
  const voice = ((flags ?? 0) & MessageFlags.IsVoiceMessage) !== 0;
  return attachments.map((attachment) => toFile(attachment, message, voice));
}

function toFile(
  attachment: APIAttachment,
  message: Pick<APIMessage, 'id' | 'channel_id'>,
  voice: boolean,
): InboundFile {
  const { id, filename, size, url } = attachment;
  const mime = attachment.content_type?.split(';')[0]?.trim() ?? 'application/octet-stream';
  const kind = voice ? 'voice' : kindOf(mime);
  const ref: FileRef = { channel: message.channel_id, message: message.id, file: id, url };
  const file = { kind, name: filename, mime, bytes: size, ref: JSON.stringify(ref) };
  const query = kind === 'image' ? shrinking(attachment) : null;
  return query === null ? file : { ...file, smaller: JSON.stringify({ ...ref, shrunk: query }) };
}

/** Discord's media proxy makes a picture smaller where it knows its kind. @returns what it is to be asked for */
function shrinking({ width, height, proxy_url }: APIAttachment): FileRef['shrunk'] | null {
  if (!width || !height || !proxy_url) return null;
  const factor = Math.min(1, SHRUNK_PIXELS / Math.max(width, height));
  const size = { width: Math.round(width * factor), height: Math.round(height * factor) };
  return { url: proxy_url, query: `format=jpeg&width=${size.width}&height=${size.height}` };
}
