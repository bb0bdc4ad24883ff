/** A workspace of the fake Slack: its people, channels, messages and files. */
export const BOT_USER = 'U0MOBY';
export const BOT_ID = 'B0MOBY';
export const TEAM = 'T0TEAM';

export interface FakeSlackMessage {
  channel: string;
  ts: string;
  user: string;
  bot: boolean;
  text: string;
  thread: string | null;
  metadata: { event_payload?: { nonce?: string } } | null;
  /** Every text it had, the present one last. */
  versions: string[];
  /** Made by `chat.startStream` and not ended yet. */
  streaming: boolean;
  /** It began as a stream. */
  streamed: boolean;
  deleted: boolean;
  blocks: SlackBlock[];
}

/** A section with text, or buttons. */
export interface SlackBlock {
  type: string;
  text?: { type: string; text: string };
  elements?: { action_id: string; value: string; text: { text: string } }[];
}

export interface FakeSlackFile {
  id: string;
  name: string;
  mimetype: string;
  bytes: Uint8Array;
  /** Channels and threads where it shows. */
  shares: { channel: string; thread: string | null; ts: string; comment: string }[];
}

export class Workspace {
  readonly users = new Map<string, string>();
  readonly channels = new Map<string, string>();
  readonly messages: FakeSlackMessage[] = [];
  readonly files = new Map<string, FakeSlackFile>();
  readonly reactions: { channel: string; timestamp: string; name: string }[] = [];
  /** What was said in a channel for the eyes of one person. */
  readonly whispers: { channel: string; user: string; text: string }[] = [];
  /** Every status that was set, in order. */
  readonly statuses: { thread: string; status: string }[] = [];
  /** Where files are said to be; here unless given. */
  fileHost: string | null = null;
  #count = 0;

  /** Unlike in Slack never the same twice within one process. */
  nextTs(atMs = Date.now()): string {
    this.#count++;
    return `${Math.floor(atMs / 1000)}.${String(this.#count).padStart(6, '0')}`;
  }

  add(
    message: Pick<FakeSlackMessage, 'channel' | 'user' | 'text'> & Partial<FakeSlackMessage>,
  ): FakeSlackMessage {
    const added: FakeSlackMessage = {
      ts: this.nextTs(),
      bot: false,
      thread: null,
      metadata: null,
      versions: [message.text],
      streaming: false,
      streamed: false,
      deleted: false,
      blocks: [],
      ...message,
    };
    this.messages.push(added);
    return added;
  }

  find(channel: string, ts: string): FakeSlackMessage | null {
    return this.messages.find((one) => one.channel === channel && one.ts === ts && !one.deleted) ?? null;
  }

  addFile(name: string, mimetype: string, bytes: Uint8Array): FakeSlackFile {
    const file = {
      id: `F${String(this.files.size + 1).padStart(4, '0')}`,
      name,
      mimetype,
      bytes,
      shares: [],
    };
    this.files.set(file.id, file);
    return file;
  }
}
