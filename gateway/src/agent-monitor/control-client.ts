/** Small JSON calls to our own parts: the agent's supervisor and the memory server (protocol/control). */
import { request } from 'node:http';

export interface ControlAnswer {
  status: number;
  body: unknown;
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
  request(
    method: 'GET' | 'POST',
    path: string,
    options: { body?: unknown; timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<ControlAnswer | null> {
    const payload = options.body === undefined ? undefined : JSON.stringify(options.body);
    return new Promise((resolve) => {
      const call = request(
        new URL(path, this.#base),
        {
          method,
          agent: false,
          timeout: options.timeoutMs ?? 5000,
          ...(options.signal ? { signal: options.signal } : {}),
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
            try {
              resolve({
                status: response.statusCode ?? 0,
                body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
              });
            } catch (error) {
              if (!(error instanceof SyntaxError)) throw error;
              resolve(null);
            }
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
