/**
 * Calls of Discord's REST API through discord.js's client, each bounded by a timer of ours. The client neither waits for
 * a rate limit nor repeats a call: that is the gateway's business, which knows what is worth waiting for.
 */
import { Buffer } from 'node:buffer';
import type { Clock } from '@mobyclaw/lib/clock';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { REST, RequestMethod, RouteLike } from 'discord.js';
import { BoundedCalls } from '../bounded-calls.ts';
import type { OutboundFile } from '../channel.ts';
import { type DiscordError, toDiscordError } from './errors.ts';

export interface CallOptions {
  body?: Record<string, unknown> | readonly unknown[];
  file?: OutboundFile;
  query?: Record<string, string>;
  timeoutMs?: number;
  /** Without the token: for calls that are authorized otherwise. */
  open?: boolean;
}

export class DiscordApi {
  readonly #rest: REST;
  readonly #calls: BoundedCalls;
  readonly #onFatal: (error: DiscordError) => void;

  /**
   * @param callMs longest time that a call takes unless it says otherwise
   * @param onFatal told where an answer shows that the token is good no more
   */
  constructor(rest: REST, clock: Clock, callMs: number, onFatal: (error: DiscordError) => void) {
    this.#rest = rest;
    this.#calls = new BoundedCalls(clock, callMs);
    this.#onFatal = onFatal;
  }

  /** Where it is asked. */
  get root(): string {
    return this.#rest.options.api;
  }

  /**
   * @param method what is being done, for messages
   * @throws DiscordError
   */
  async call<T>(
    method: string,
    verb: `${RequestMethod}`,
    route: RouteLike,
    options: CallOptions = {},
  ): Promise<T> {
    const request = {
      fullRoute: route,
      method: verb as RequestMethod,
      ...(options.query ? { query: new URLSearchParams(options.query) } : {}),
      ...(options.open ? { auth: false } : {}),
      ...(options.file
        ? multipart(options.body ?? {}, options.file)
        : options.body === undefined
          ? {}
          : { body: options.body }),
    };
    const answer = await this.#calls.run(
      (signal) => this.#rest.request({ ...request, signal }),
      (cause, timedOut) => {
        const error = toDiscordError(method, cause, timedOut);
        if (error.fatal) this.#onFatal(error);
        return error;
      },
      options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs },
    );
    return answer as T;
  }

  /** Waits for what is under way, and cuts what takes too long. */
  close(): Promise<void> {
    return this.#calls.close();
  }
}

/** https://discord.com/developers/docs/reference#uploading-files */
function multipart(body: CallOptions['body'], { name, mime, data }: OutboundFile) {
  const boundary = `mobyclaw-${uuidv7()}`;
  const filename = name.replace(/["\\\r\n]/g, '_');
  const type = /^[\w.+-]+\/[\w.+-]+$/.test(mime) ? mime : 'application/octet-stream';
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="payload_json"\r\n` +
    `Content-Type: application/json\r\n\r\n${JSON.stringify(body)}\r\n` +
    `--${boundary}\r\nContent-Disposition: form-data; name="files[0]"; filename="${filename}"\r\n` +
    `Content-Type: ${type}\r\n\r\n`;
  return {
    passThroughBody: true,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([Buffer.from(head), data, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}
