/** The methods of the Web API that an adapter needs, with the refusals of the real ones. https://docs.slack.dev/reference/methods */
import {
  BOT_ID,
  BOT_USER,
  type FakeSlackMessage,
  type SlackBlock,
  TEAM,
  type Workspace,
} from './workspace.ts';

const MOST_CHARS = 4000; // of chat.update
const MOST_POSTED_CHARS = 40_000;
const MOST_STREAMED_CHARS = 12_000;
const MOST_SECTION_CHARS = 3000;
const MOST_LABEL_CHARS = 75;
const MOST_VALUE_CHARS = 2000;

export type Arguments = Record<string, string | undefined>;

/** `ok: false` */
export class Refusal extends Error {
  override name = 'Refusal';
}

type Method = (workspace: Workspace, args: Arguments, url: string) => Record<string, unknown>;

export const METHODS: Record<string, Method> = {
  'auth.test': () => ({ user_id: BOT_USER, bot_id: BOT_ID, team_id: TEAM, team: 'Test', user: 'moby' }),

  'users.info'(workspace, { user = '' }) {
    const name = workspace.users.get(user);
    if (name === undefined) throw new Refusal('user_not_found');
    return { user: { id: user, name: name.toLowerCase(), profile: { display_name: name } } };
  },

  'conversations.info'(workspace, { channel = '' }) {
    if (channel.startsWith('D')) return { channel: { id: channel, is_im: true } };
    return { channel: { id: channel, name: known(workspace, channel) } };
  },

  'conversations.history': (workspace, args) => {
    const there = within(workspace, args).filter(({ thread }) => thread === null);
    return {
      messages: there
        .toReversed()
        .slice(0, Number(args.limit ?? 100))
        .map(toJson),
    };
  },

  'conversations.replies': (workspace, args) => {
    const there = within(workspace, { ...args, oldest: undefined }).filter(
      ({ ts, thread }) => ts === args.ts || (thread === args.ts && Number(ts) > Number(args.oldest ?? 0)),
    );
    return { messages: there.slice(0, Number(args.limit ?? 100)).map(toJson) };
  },

  'chat.postMessage'(workspace, { channel = '', text = '', thread_ts, metadata, blocks }) {
    known(workspace, channel);
    checkText(text, MOST_POSTED_CHARS);
    const message = workspace.add({
      channel,
      text,
      blocks: checkBlocks(blocks),
      user: BOT_USER,
      bot: true,
      thread: thread_ts ?? null,
      metadata: metadata === undefined ? null : JSON.parse(metadata),
    });
    return { channel, ts: message.ts, message: toJson(message) };
  },

  'chat.update'(workspace, { channel = '', ts = '', text = '', blocks }) {
    const message = own(workspace, channel, ts);
    if (message.streaming) throw new Refusal('streaming_state_conflict');
    checkText(text, MOST_CHARS);
    change(message, text);
    if (blocks !== undefined) message.blocks = checkBlocks(blocks);
    return { channel, ts, text };
  },

  'chat.postEphemeral'(workspace, { channel = '', user = '', text = '' }) {
    known(workspace, channel);
    if (!workspace.users.has(user)) throw new Refusal('user_not_in_channel');
    checkText(text, MOST_POSTED_CHARS);
    workspace.whispers.push({ channel, user, text });
    return { message_ts: workspace.nextTs() };
  },

  'chat.delete'(workspace, { channel = '', ts = '' }) {
    const message = own(workspace, channel, ts);
    if (message.streaming) throw new Refusal('cant_delete_message');
    message.deleted = true;
    return { channel, ts };
  },

  'chat.startStream'(workspace, { channel = '', thread_ts, markdown_text = '', recipient_user_id }) {
    known(workspace, channel);
    if (thread_ts === undefined) throw new Refusal('invalid_thread_ts');
    if (!channel.startsWith('D') && recipient_user_id === undefined) {
      throw new Refusal('missing_recipient_user_id');
    }
    if (markdown_text.length > MOST_STREAMED_CHARS) throw new Refusal('msg_too_long');
    const streaming = { streaming: true, streamed: true };
    const message = workspace.add({
      channel,
      text: markdown_text,
      user: BOT_USER,
      bot: true,
      thread: thread_ts,
      ...streaming,
    });
    return { channel, ts: message.ts };
  },

  'chat.appendStream'(workspace, { channel = '', ts = '', markdown_text = '' }) {
    const message = open(workspace, channel, ts);
    change(message, message.text + markdown_text);
    return { channel, ts };
  },

  'chat.stopStream'(workspace, { channel = '', ts = '', markdown_text = '' }) {
    const message = open(workspace, channel, ts);
    message.streaming = false;
    if (markdown_text !== '') change(message, message.text + markdown_text);
    return { channel, ts };
  },

  'reactions.add'(workspace, { channel = '', timestamp = '', name = '' }) {
    workspace.reactions.push({ channel, timestamp, name });
    return {};
  },

  'assistant.threads.setStatus'(workspace, { thread_ts = '', status = '' }) {
    workspace.statuses.push({ thread: thread_ts, status });
    return {};
  },

  'files.getUploadURLExternal'(workspace, { filename = '' }, url) {
    const { id } = workspace.addFile(filename, 'application/octet-stream', new Uint8Array());
    return { upload_url: `${url}/upload/${id}`, file_id: id };
  },

  'files.completeUploadExternal'(
    workspace,
    { files = '[]', channel_id: channel, thread_ts, initial_comment },
  ) {
    const given = JSON.parse(files) as { id: string; title?: string }[];
    for (const { id } of given) {
      const file = workspace.files.get(id);
      if (!file) throw new Refusal('file_not_found');
      if (channel === undefined) continue;
      const share = {
        channel,
        thread: thread_ts ?? null,
        ts: workspace.nextTs(),
        comment: initial_comment ?? '',
      };
      file.shares.push(share);
    }
    return { files: given };
  },

  'files.info'(workspace, { file: id = '' }, url) {
    const file = workspace.files.get(id);
    if (!file) throw new Refusal('file_not_found');
    const { name, mimetype, bytes, shares } = file;
    const shared = Object.fromEntries(shares.map(({ channel, ts }) => [channel, [{ ts }]]));
    const address = `${workspace.fileHost ?? url}/files/${id}/${encodeURIComponent(name)}`;
    return {
      file: {
        id,
        name,
        mimetype,
        size: bytes.length,
        url_private_download: address,
        ...(mimetype.startsWith('image/') ? { thumb_1024: `${address}?thumb=1` } : {}),
        shares: { private: shared },
      },
    };
  },
};

function known(workspace: Workspace, channel: string): string {
  const name = workspace.channels.get(channel);
  if (name === undefined && !channel.startsWith('D')) throw new Refusal('channel_not_found');
  return name ?? channel;
}

function own(workspace: Workspace, channel: string, ts: string): FakeSlackMessage {
  const message = workspace.find(channel, ts);
  if (!message) throw new Refusal('message_not_found');
  if (!message.bot) throw new Refusal('cant_update_message');
  return message;
}

function open(workspace: Workspace, channel: string, ts: string): FakeSlackMessage {
  const message = own(workspace, channel, ts);
  if (!message.streaming) throw new Refusal('message_not_in_streaming_state');
  return message;
}

function change(message: FakeSlackMessage, text: string): void {
  message.text = text;
  message.versions.push(text);
}

function checkText(text: string, most: number): void {
  if (text === '') throw new Refusal('no_text');
  if (text.length > most) throw new Refusal('msg_too_long');
}

/** https://docs.slack.dev/reference/block-kit/blocks */
function checkBlocks(given: string | undefined): SlackBlock[] {
  const blocks = given === undefined ? [] : (JSON.parse(given) as SlackBlock[]);
  for (const { type, text, elements = [] } of blocks) {
    const ids = new Set(elements.map(({ action_id }) => action_id));
    const isWhole =
      type === 'section'
        ? text !== undefined && text.text !== '' && text.text.length <= MOST_SECTION_CHARS
        : elements.length > 0 &&
          ids.size === elements.length &&
          elements.every(
            (one) =>
              one.text.text !== '' &&
              one.text.text.length <= MOST_LABEL_CHARS &&
              one.value.length <= MOST_VALUE_CHARS,
          );
    if (!isWhole) throw new Refusal('invalid_blocks');
  }
  return blocks;
}

function within(workspace: Workspace, { channel, oldest }: Arguments): FakeSlackMessage[] {
  return workspace.messages.filter(
    (one) => one.channel === channel && !one.deleted && Number(one.ts) > Number(oldest ?? 0),
  );
}

function toJson({ ts, user, text, thread, metadata }: FakeSlackMessage): Record<string, unknown> {
  return {
    type: 'message',
    ts,
    user,
    text,
    ...(thread ? { thread_ts: thread } : {}),
    ...(metadata ? { metadata } : {}),
  };
}
