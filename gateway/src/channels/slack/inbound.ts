/**
 * From an event of Slack (https://docs.slack.dev/reference/events/message) to events of the gateway. Pure: what has to be
 * asked for is asked for before, in `receiver.ts`.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import { quotedLines, quotedName } from '@mobyclaw/lib/plain-name';
import type { EditedMessage, InboundEvent, InboundFile, IncomingMessage } from '../channel.ts';
import { kindOf, unreadable } from '../file-kind.ts';
import { type Block, textOfBlocks } from './blocks.ts';
import { fileRef, RENDITIONS, type Rendition } from './file-ref.ts';
import { directKey, messageIdOf, threadKey } from './keys.ts';
import { plainTextOf } from './text.ts';

const MOST_QUOTED_CHARS = 4096;

export interface Me {
  user: string;
  bot: string | null;
  team: string;
}

/** Of pictures there are addresses of smaller renditions, also where browsers do not show their kind. */
export interface SlackFile extends Partial<Record<Rendition, string>> {
  id: string;
  name?: string;
  title?: string;
  mimetype?: string;
  size?: number;
  /** `slack_audio` is a voice clip. */
  subtype?: string;
  mode?: string;
}

/** A message that was shared with this one, or what Slack or an app shows of a link. */
export interface SlackAttachment {
  /** A message of Slack. */
  is_share?: boolean;
  is_msg_unfurl?: boolean;
  author_name?: string;
  title?: string;
  text?: string;
  fallback?: string;
  files?: SlackFile[];
  message_blocks?: { message?: { blocks?: Block[] } }[];
}

export interface SlackMessage {
  type: string;
  subtype?: string;
  user?: string;
  bot_id?: string;
  username?: string;
  text?: string;
  ts: string;
  thread_ts?: string;
  parent_user_id?: string;
  channel: string;
  channel_type?: string;
  files?: SlackFile[];
  attachments?: SlackAttachment[];
  blocks?: Block[];
  edited?: { ts: string };
  /** Of `message_changed`. */
  message?: SlackMessage;
  previous_message?: SlackMessage;
}

/** What is known besides the event. */
export interface Surroundings {
  me: Me;
  /** Names by id. */
  names: ReadonlyMap<string, string>;
  title: string | null;
  /** What the thread is about, where Moby was not there before. */
  root: { user: string | null; text: string; files: SlackFile[] } | null;
  takesPart: boolean;
}

const SPOKEN: ReadonlySet<string | undefined> = new Set([
  undefined,
  'file_share',
  'thread_broadcast',
  'me_message',
  'bot_message',
]);

/** @returns the message itself, or the new version of one that a person has changed; null for all else */
export function saidIn(event: SlackMessage, me: Me): { said: SlackMessage; edited: boolean } | null {
  const { subtype, message, previous_message, channel, channel_type } = event;
  if (subtype === 'message_changed' && message) {
    // Slack also changes messages itself, such as to show what a link leads to.
    const changed = message.edited !== undefined && message.text !== previous_message?.text;
    const said = { ...message, channel, ...(channel_type === undefined ? {} : { channel_type }) };
    return changed && !isOwn(said, me) && SPOKEN.has(said.subtype) ? { said, edited: true } : null;
  }
  if (!SPOKEN.has(subtype) || isOwn(event, me)) return null;
  return { said: event, edited: false };
}

function isOwn({ user, bot_id }: SlackMessage, me: Me): boolean {
  return user === me.user || (bot_id !== undefined && bot_id === me.bot);
}

/** @returns null where nothing was said */
export function toEvent(said: SlackMessage, edited: boolean, around: Surroundings): InboundEvent | null {
  const { me, names, title } = around;
  const own = plainTextOf(said.text || textOfBlocks(said.blocks ?? []), me.user, names);
  const shared = (said.attachments ?? []).filter((one) => one.is_share || one.is_msg_unfurl);
  const text = [own.text, ...shared.map((one) => quote(one, around))].filter(Boolean).join('\n\n');
  const files = [said, ...shared].flatMap((one) => filesOf(one.files));
  if (text === '' && files.length === 0 && !own.mentioned) {
    if (!said.attachments?.length) return null;
    files.push(unreadable('what an app shows here'));
  }
  const direct = isDirect(said);
  const thread = said.thread_ts !== undefined && said.thread_ts !== said.ts ? said.thread_ts : null;
  const user = said.user ?? said.bot_id ?? 'unknown';
  const answersMoby = thread !== null && (said.parent_user_id === me.user || around.takesPart);
  const message: IncomingMessage = {
    type: 'message',
    account: `${me.team}/${me.user}`,
    channel: direct ? directKey(said.channel) : threadKey(said.channel, thread ?? said.ts),
    kind: direct ? 'direct' : 'group',
    ...(title === null || direct ? {} : { title }),
    messageId: messageIdOf(said.ts, direct ? thread : null),
    sender: {
      id: user,
      name: names.get(user) ?? said.username ?? user,
      bot: said.bot_id !== undefined || said.subtype === 'bot_message',
    },
    sentAt: Math.round(Number(said.ts) * 1000),
    text,
    addressed: direct || own.mentioned || answersMoby,
    ...quoted(around),
    ...(shared.length > 0 ? { forwardedFrom: shared[0]?.author_name ?? 'somebody' } : {}),
    files,
  };
  return edited ? toEdit(message, said) : message;
}

export function isDirect({ channel, channel_type }: Pick<SlackMessage, 'channel' | 'channel_type'>): boolean {
  return channel_type === undefined ? channel.startsWith('D') : channel_type === 'im';
}

function toEdit(message: IncomingMessage, { edited }: SlackMessage): EditedMessage {
  const sentAt = edited ? Math.round(Number(edited.ts) * 1000) : message.sentAt;
  return { ...message, type: 'edit', sentAt, writtenAt: message.sentAt };
}

function quoted({ root, me, names }: Surroundings): Pick<IncomingMessage, 'replyTo'> {
  if (!root) return {};
  const { text } = plainTextOf(root.text, me.user, names);
  const sender = (root.user === null ? undefined : names.get(root.user)) ?? 'somebody';
  const files = filesOf(root.files);
  return {
    replyTo: {
      fromMoby: root.user === me.user,
      sender,
      text: cutText(text, MOST_QUOTED_CHARS),
      ...(files.length > 0 ? { files } : {}),
    },
  };
}

/** A shared message, each line marked as not the sender's own. */
function quote(
  { author_name, text, fallback, message_blocks }: SlackAttachment,
  around: Surroundings,
): string {
  const blocks = (message_blocks ?? []).flatMap(({ message }) => message?.blocks ?? []);
  const said = plainTextOf(text || textOfBlocks(blocks) || fallback || '', around.me.user, around.names).text;
  if (said === '') return '';
  return `A message of ${author_name === undefined ? 'somebody' : quotedName(author_name)}:\n${quotedLines(said)}`;
}

function filesOf(files: readonly SlackFile[] = []): InboundFile[] {
  return files.filter(({ mode }) => mode !== 'tombstone').map(toFile);
}

function toFile({ id, name, title, mimetype, size, subtype, ...more }: SlackFile): InboundFile {
  const mime = mimetype ?? 'application/octet-stream';
  const kind = subtype === 'slack_audio' ? 'voice' : kindOf(mime);
  const file = { kind, name: name ?? title ?? 'file', mime, bytes: size ?? null, ref: id };
  const shrunk = RENDITIONS.find((rendition) => more[rendition] !== undefined);
  return shrunk ? { ...file, smaller: fileRef(id, shrunk) } : file;
}
