/**
 * From an event of Slack (https://docs.slack.dev/reference/events/message) to events of the gateway. Pure: what has to be
 * asked for is asked for before, in `reader.ts`.
 */
import type { EditedMessage, InboundEvent, InboundFile, IncomingMessage } from '../channel.ts';
import { directKey, messageIdOf, threadKey } from './keys.ts';
import { plainTextOf } from './text.ts';

const MOST_QUOTED_CHARS = 500;

export interface Me {
  user: string;
  bot: string | null;
  team: string;
}

export interface SlackFile {
  id: string;
  name?: string;
  title?: string;
  mimetype?: string;
  size?: number;
  /** `slack_audio` is a voice clip. */
  subtype?: string;
  mode?: string;
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
  root: { user: string | null; text: string } | null;
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
  const files = (said.files ?? []).filter(({ mode }) => mode !== 'tombstone').map(toFile);
  const { text, mentioned } = plainTextOf(said.text ?? '', me.user, names);
  if (text === '' && files.length === 0) return null;
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
    addressed: direct || mentioned || answersMoby,
    ...quoted(around),
    files,
  };
  return edited ? toEdit(message, said) : message;
}

export function isDirect({ channel, channel_type }: Pick<SlackMessage, 'channel' | 'channel_type'>): boolean {
  return channel_type === undefined ? channel.startsWith('D') : channel_type === 'im';
}

function toEdit(message: IncomingMessage, { edited }: SlackMessage): EditedMessage {
  const { files, album, ...said } = message;
  return { ...said, type: 'edit', sentAt: edited ? Math.round(Number(edited.ts) * 1000) : said.sentAt };
}

function quoted({ root, me, names }: Surroundings): Pick<IncomingMessage, 'replyTo'> {
  if (!root) return {};
  const { text } = plainTextOf(root.text, me.user, names);
  const sender = (root.user === null ? undefined : names.get(root.user)) ?? 'somebody';
  return { replyTo: { fromMoby: root.user === me.user, sender, text: text.slice(0, MOST_QUOTED_CHARS) } };
}

function toFile({ id, name, title, mimetype, size, subtype }: SlackFile): InboundFile {
  const mime = mimetype ?? 'application/octet-stream';
  return { kind: kindOf(mime, subtype), name: name ?? title ?? 'file', mime, bytes: size ?? null, ref: id };
}

function kindOf(mime: string, subtype: string | undefined): InboundFile['kind'] {
  if (subtype === 'slack_audio') return 'voice';
  if (mime.startsWith('image/')) return 'image';
  return mime.startsWith('audio/') || mime.startsWith('video/') ? 'other' : 'document';
}
