/**
 * HTTP for Slack's client over `node:http`: each request is bounded by a timer of ours (the client's own has none, and its
 * retries would go on for half an hour behind our back), and all sockets are in one pool, so that closing it proves that
 * nothing is under way. The built-in fetch would also cost 30 MB of memory for good.
 */
import http from 'node:http';
import https from 'node:https';
import type { Clock } from '@mobyclaw/lib/clock';
import { outsideAgent, sharedAgent } from '@mobyclaw/lib/outside-agent';
import type { webApi } from '@slack/bolt';
import { TransportError } from './errors.ts';

type FetchFunction = webApi.FetchFunction;
type FetchResponse = Awaited<ReturnType<FetchFunction>>;

const MOST_ANSWER_BYTES = 20_000_000;
const DEFAULT_PAUSE_SECONDS = '5'; // a 429 that does not say how long; without it the client throws no typed error

export class Transport {
  readonly agent: http.Agent;
  readonly #secure: boolean;
  readonly #clock: Clock;
  readonly #callMs: number;
  readonly #cut = new AbortController();

  /**
   * @param root address of the Web API
   * @param callMs longest time of one request
   */
  constructor(root: string, clock: Clock, callMs: number) {
    this.#secure = root.startsWith('https:');
    this.agent = outsideAgent(this.#secure, { keepAlive: true });
    this.#clock = clock;
    this.#callMs = callMs;
  }

  /** What the client is given as `fetch`. */
  readonly fetch: FetchFunction = async (url, init = {}) => {
    const { body = '' } = init;
    if (typeof body !== 'string') throw new TypeError('files do not go this way');
    const { status, headers, data } = await this.post(new URL(url), init.headers ?? {}, body, this.#callMs);
    return toResponse(String(url), status, headers, data);
  };

  /** @throws TransportError */
  post(
    url: URL,
    headers: Record<string, string>,
    body: string | Uint8Array,
    timeoutMs: number,
  ): Promise<{ status: number; headers: http.IncomingHttpHeaders; data: Buffer }> {
    return new Promise((resolve, reject) => {
      const late = new AbortController();
      const timer = this.#clock.after(timeoutMs, () => late.abort());
      const fail = (error: NodeJS.ErrnoException): void => {
        timer.cancel();
        reject(new TransportError(late.signal.aborted ? 'timeout' : (error.code ?? 'network')));
      };
      const secure = url.protocol === 'https:';
      const request = (secure ? https : http).request(
        url,
        {
          method: 'POST',
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          signal: AbortSignal.any([late.signal, this.#cut.signal]),
          agent: secure === this.#secure ? this.agent : sharedAgent(url),
        },
        (response) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > MOST_ANSWER_BYTES) response.destroy(new Error('too much'));
            else chunks.push(chunk);
          });
          response.on('error', fail);
          response.on('close', () => {
            if (!response.complete) fail(new Error('cut off'));
          });
          response.on('end', () => {
            timer.cancel();
            const { statusCode: status = 0, headers: received } = response;
            resolve({ status, headers: received, data: Buffer.concat(chunks) });
          });
        },
      );
      request.on('error', fail);
      request.end(body);
    });
  }

  /** Ends every request and closes every socket. */
  close(): void {
    this.#cut.abort();
    this.agent.destroy();
  }
}

function toResponse(
  url: string,
  status: number,
  received: http.IncomingHttpHeaders,
  data: Buffer,
): FetchResponse {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(received)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  if (status === 429 && !/^\d+$/.test(headers.get('retry-after') ?? '')) {
    headers.set('retry-after', DEFAULT_PAUSE_SECONDS);
  }
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText: http.STATUS_CODES[status] ?? '',
    url,
    headers: { get: (name) => headers.get(name.toLowerCase()) ?? null, entries: () => headers.entries() },
    arrayBuffer: async () => new Uint8Array(data).buffer,
    json: async () => JSON.parse(data.toString('utf8')) as unknown,
    text: async () => data.toString('utf8'),
  };
}
