/**
 * Files, both ways. Sending is three steps, of which the last one makes the file appear
 * (https://docs.slack.dev/messaging/working-with-files#upload); which file belongs to which nonce is on disk before that, so
 * that a repeat finds out whether it has appeared.
 */
import type { ChannelKey, ChannelMemory, OutboundFile, SendResult } from '../channel.ts';
import { HttpGetError, httpGet } from '../http-get.ts';
import type { SlackApi } from './api.ts';
import { SlackError, TransportError } from './errors.ts';
import { type Rendition, readFileRef } from './file-ref.ts';
import { placeOf } from './keys.ts';
import { withThread } from './outbound.ts';

const UPLOAD_MS = 120_000;
const DOWNLOAD_MS = 60_000;
const UPLOADS = 'uploads';
const KEPT_UPLOADS = 20;

interface FileInfo extends Partial<Record<Rendition, string>> {
  url_private_download?: string;
  url_private?: string;
  is_external?: boolean;
  shares?: Record<string, Record<string, { ts?: string }[]>>;
}

export class Files {
  readonly #api: SlackApi;
  readonly #memory: ChannelMemory;

  constructor(api: SlackApi, memory: ChannelMemory) {
    this.#api = api;
    this.#memory = memory;
  }

  async send(
    to: ChannelKey,
    file: OutboundFile,
    { replyTo, nonce }: { replyTo?: string; nonce: string },
  ): Promise<SendResult> {
    const { channel, thread } = withThread(placeOf(to), replyTo);
    try {
      const before = this.#upload(nonce);
      if (before !== null) {
        const shared = await this.#sharedAs(before, channel);
        if (shared) return shared;
      }
      const id = await this.#put(file);
      this.#remember(nonce, id);
      await this.#api.call('files.completeUploadExternal', {
        files: [{ id, title: file.name }],
        channel_id: channel,
        ...(thread === null ? {} : { thread_ts: thread }),
      });
      return { status: 'sent', ids: [] };
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      return { status: 'failed', error }; // also in doubt: the next try finds out
    }
  }

  /** @throws SlackError */
  async download(ref: string, mostBytes: number): Promise<Uint8Array> {
    const { id, rendition } = readFileRef(ref);
    const { file } = await this.#api.call<{ file: FileInfo }>('files.info', { file: id });
    const address = (rendition && file?.[rendition]) ?? file?.url_private_download ?? file?.url_private;
    if (file?.is_external || address === undefined || !this.#isOfSlack(URL.parse(address))) {
      throw failed('external', 'Slack does not keep this file itself.', 'none');
    }
    const url = new URL(address);
    const headers = { authorization: `Bearer ${this.#api.token}` };
    const { agent } = this.#api.transport;
    const pooled = url.protocol === new URL(this.#api.root).protocol ? { agent } : {};
    try {
      return await httpGet(url, {
        mostBytes,
        timeoutMs: DOWNLOAD_MS,
        mayAsk: (hop) => this.#isOfSlack(hop),
        headers,
        ...pooled,
      });
    } catch (error) {
      if (!(error instanceof HttpGetError)) throw error;
      const passing = error.code === 'timeout' || error.code === 'network' || error.code.startsWith('5');
      throw failed(error.code, error.message, passing ? 'retry' : 'none');
    }
  }

  /** @returns the id of the uploaded file, which nobody sees yet */
  async #put({ name, data }: OutboundFile): Promise<string> {
    const { upload_url, file_id } = await this.#api.call<{ upload_url: string; file_id: string }>(
      'files.getUploadURLExternal',
      { filename: name, length: data.byteLength },
    );
    if (upload_url === undefined || file_id === undefined) {
      throw failed('no-upload-url', 'Slack gave no address for the file.', 'retry');
    }
    const headers = { 'content-type': 'application/octet-stream' };
    try {
      const { status } = await this.#api.transport.post(new URL(upload_url), headers, data, UPLOAD_MS);
      if (status !== 200)
        throw failed(String(status), `Slack did not take the file (HTTP ${status}).`, 'retry');
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      throw failed(error.code, `The file could not be brought to Slack (${error.code}).`, 'retry');
    }
    return file_id;
  }

  async #sharedAs(id: string, channel: string): Promise<SendResult | null> {
    const { file } = await this.#api.call<{ file: FileInfo }>('files.info', { file: id });
    for (const shares of Object.values(file?.shares ?? {})) {
      const there = shares[channel];
      if (there) return { status: 'sent', ids: there.flatMap(({ ts }) => (ts === undefined ? [] : [ts])) };
    }
    return null;
  }

  #upload(nonce: string): string | null {
    return this.#uploads().find(([key]) => key === nonce)?.[1] ?? null;
  }

  #remember(nonce: string, id: string): void {
    const others = this.#uploads().filter(([key]) => key !== nonce);
    this.#memory.set(UPLOADS, JSON.stringify([...others, [nonce, id]].slice(-KEPT_UPLOADS)));
  }

  #uploads(): [nonce: string, id: string][] {
    return JSON.parse(this.#memory.get(UPLOADS) ?? '[]') as [string, string][];
  }

  /** The token goes to Slack and nowhere else, whatever address a file names. */
  #isOfSlack(url: URL | null): boolean {
    if (!url) return false;
    const { protocol, origin, hostname, port } = url;
    if (origin === new URL(this.#api.root).origin) return true;
    return (
      protocol === 'https:' && port === '' && (hostname === 'slack.com' || hostname.endsWith('.slack.com'))
    );
  }
}

function failed(code: string, message: string, remedy: 'retry' | 'none'): SlackError {
  return new SlackError({ method: 'files', code, message, remedy });
}
