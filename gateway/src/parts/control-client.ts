/** Small calls to our own parts: the agent's supervisor and the memory server (protocol/control). */
import { type IncomingHttpHeaders, request } from 'node:http';

const TIMEOUT_MS = 5000;
const DOWNLOAD_TIMEOUT_MS = 30_000; // of silence, from a disk that has to wake up

export interface ControlAnswer {
  status: number;
  body: unknown;
}

export interface ControlDownload {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

interface Call {
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export class ControlClient {
  readonly #base: string;
  readonly #token: string;

  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  /**
   * @param timeoutMs how long the other side may stay silent
   * @returns null where it does not answer, or not in JSON; that is a state of the other part, not an exception
   */
  async request(
    method: 'GET' | 'POST',
    path: string,
    options: { body?: unknown; timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<ControlAnswer | null> {
    const { body, timeoutMs = TIMEOUT_MS, signal } = options;
    const answer = await this.#exchange({ method, path, body, timeoutMs, signal });
    if (!answer) return null;
    try {
      return { status: answer.status, body: JSON.parse(answer.body.toString('utf8')) };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return null;
    }
  }

  /** Bytes as they come, or the problem that is told instead; by the status. @returns null where it does not answer */
  download(path: string): Promise<ControlDownload | null> {
    return this.#exchange({ method: 'GET', path, timeoutMs: DOWNLOAD_TIMEOUT_MS });
  }

  #exchange({ method, path, body, timeoutMs, signal }: Call): Promise<ControlDownload | null> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve) => {
      const call = request(
        new URL(path, this.#base),
        {
          method,
          agent: false,
          timeout: timeoutMs,
          ...(signal ? { signal } : {}),
          headers: {
            accept: 'application/json, text/event-stream', // what MCP asks of its clients
            authorization: `Bearer ${this.#token}`,
            ...(payload === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', () => resolve(null));
          response.on('end', () => {
            const { statusCode = 0, headers } = response;
            resolve({ status: statusCode, headers, body: Buffer.concat(chunks) });
          });
        },
      );
      call.on('timeout', () => call.destroy());
      call.on('error', () => resolve(null));
      call.on('close', () => resolve(null));
      call.end(payload);
    });
  }
}
