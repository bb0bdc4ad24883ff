/** HTTP to our own other parts: the agent's supervisor, the memory server and egress (protocol/control and protocol/egress, and memory's MCP tools). */
import { type IncomingHttpHeaders, request } from 'node:http';

const TIMEOUT_MS = 5000;
const DOWNLOAD_TIMEOUT_MS = 30_000; // of silence, from a disk that has to wake up

export interface PartAnswer {
  status: number;
  body: unknown;
}

export interface PartDownload {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** The other part does not answer, or not as it should. The message is the reason in short, such as `ECONNREFUSED`. */
export class PartError extends Error {
  override name = 'PartError';
}

interface Call {
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  body?: unknown;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export class PartClient {
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
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    options: { body?: unknown; timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<PartAnswer | null> {
    const { body, timeoutMs = TIMEOUT_MS, signal } = options;
    return this.#json({ method, path, body, timeoutMs, signal }).catch(nullWhereSilent);
  }

  /** Bytes as they come, or the problem that is told instead; by the status. @returns null where it does not answer */
  download(path: string): Promise<PartDownload | null> {
    return this.#exchange({ method: 'GET', path, timeoutMs: DOWNLOAD_TIMEOUT_MS }).catch(nullWhereSilent);
  }

  /** Calls an MCP tool of the other part. @returns its text @throws PartError */
  async callTool(name: string, input: object): Promise<string> {
    const params = { name, arguments: input };
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
    const answer = await this.#json({ method: 'POST', path: '/mcp', body, timeoutMs: TIMEOUT_MS });
    if (answer.status !== 200) throw new PartError(`HTTP ${answer.status}`);
    const { result } = answer.body as { result?: { content?: { text?: string }[] } };
    if (!result?.content) throw new PartError('it gave no text');
    return result.content.flatMap(({ text }) => text ?? []).join('\n');
  }

  /** @throws PartError */
  async #json(call: Call): Promise<PartAnswer> {
    const { status, body } = await this.#exchange(call);
    try {
      return { status, body: JSON.parse(body.toString('utf8')) };
    } catch (cause) {
      throw new PartError(status === 200 ? 'its answer is no JSON' : `HTTP ${status}`, { cause });
    }
  }

  /** @throws PartError */
  #exchange({ method, path, body, timeoutMs, signal }: Call): Promise<PartDownload> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const fail = (cause?: NodeJS.ErrnoException): void =>
        reject(new PartError(cause?.code ?? cause?.message ?? 'it closed the connection', { cause }));
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
          response.on('error', fail);
          response.on('end', () => {
            const { statusCode = 0, headers } = response;
            resolve({ status: statusCode, headers, body: Buffer.concat(chunks) });
          });
        },
      );
      call.on('timeout', () => call.destroy(new Error(`nothing for ${timeoutMs / 1000} s`)));
      call.on('error', fail);
      call.on('close', () => fail());
      call.end(payload);
    });
  }
}

function nullWhereSilent(error: unknown): null {
  if (error instanceof PartError) return null;
  throw error;
}
