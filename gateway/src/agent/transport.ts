/**
 * HTTP to the agent over `node:http`: TCP or a unix socket, connections kept. There is no timeout that could cut a
 * silent stream; a run is bounded by its watchdog, everything else by the caller's limit.
 */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Clock } from '@mobyclaw/lib/clock';
import { AgentError } from './agent-error.ts';

const MAX_ERROR_BODY_BYTES = 64 * 1024;
const MAX_BODY_BYTES = 256 * 1024 * 1024; // a stored session may hold images
const IDLE_CONNECTIONS = 64;

export interface Call {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  body?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Reply {
  status: number;
  body: string;
}

export interface TransportOptions {
  url: string;
  token?: string | undefined;
  clock: Clock;
}

export class Transport {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS });
  readonly #target: { socketPath: string } | { host: string; port: number };
  readonly #headers: Record<string, string>;
  readonly #clock: Clock;

  /** @throws TypeError where the address is none */
  constructor({ url, token, clock }: TransportOptions) {
    this.#target = parseAddress(url);
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#clock = clock;
  }

  /**
   * Sends a request and waits for the head of its answer.
   * A kept connection may have been closed by the other side in the same moment; that alone is tried again.
   * @throws AgentError `agent_unreachable` where there was no connection, `agent_died` where it broke
   */
  async send(call: Call): Promise<IncomingMessage> {
    try {
      return await this.#sendOnce(call);
    } catch (error) {
      if (!(error instanceof StaleConnectionError)) throw error;
      // Its siblings are as old: an agent that was killed leaves all of them dead.
      this.closeIdle();
      return await this.#sendOnce(call).catch((again: unknown) => {
        throw again instanceof StaleConnectionError ? connectionError(true, again.reason) : again;
      });
    }
  }

  /** Sends a request and reads its answer. @throws AgentError as `send`, also after `timeoutMs` */
  async exchange(call: Call, timeoutMs: number): Promise<Reply> {
    const controller = new AbortController();
    const onAbort = (): void => controller.abort();
    call.signal?.addEventListener('abort', onAbort, { once: true });
    if (call.signal?.aborted) onAbort();
    let late = false;
    const timer = this.#clock.after(timeoutMs, () => {
      late = true;
      controller.abort();
    });
    try {
      const response = await this.send({ ...call, signal: controller.signal });
      const limit = response.statusCode === 200 ? MAX_BODY_BYTES : MAX_ERROR_BODY_BYTES;
      return { status: response.statusCode ?? 0, body: await readBody(response, limit) };
    } catch (cause) {
      if (!late) throw cause;
      throw new AgentError('stalled', `The agent did not answer within ${timeoutMs / 1000} s.`, { cause });
    } finally {
      timer.cancel();
      call.signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Closes connections that nobody uses, so that none of an ended agent is tried. */
  closeIdle(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #sendOnce({ method, path, body, headers, signal }: Call): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new AgentError('cancelled', 'The request was given up.'));
      const request = httpRequest({
        ...this.#target,
        method,
        path,
        agent: this.#agent,
        headers: {
          ...this.#headers,
          ...headers,
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      });
      let connected = false;
      const onAbort = (): void => void request.destroy();
      signal?.addEventListener('abort', onAbort, { once: true });
      request.once('socket', (socket) => {
        if (!socket.connecting) connected = true;
        else socket.once('connect', () => (connected = true));
      });
      request.once('response', (response) => resolve(response));
      request.once('close', () => signal?.removeEventListener('abort', onAbort));
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (signal?.aborted)
          return reject(new AgentError('cancelled', 'The request was given up.', { cause: error }));
        if (request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
          return reject(new StaleConnectionError(error));
        }
        reject(connectionError(connected, error));
      });
      request.end(body);
    });
  }
}

class StaleConnectionError extends Error {
  readonly reason: NodeJS.ErrnoException;

  constructor(reason: NodeJS.ErrnoException) {
    super('a kept connection was closed by the other side', { cause: reason });
    this.reason = reason;
  }
}

function connectionError(connected: boolean, cause: NodeJS.ErrnoException): AgentError {
  const why = cause.code ?? 'connection failed';
  return connected
    ? new AgentError('agent_died', `The agent broke the connection (${why}).`, { cause })
    : new AgentError('agent_unreachable', `The agent cannot be reached (${why}). It may be starting.`, {
        cause,
      });
}

/** Drains an answer, keeping no more than `limitBytes` of it. @throws AgentError `agent_died` where it breaks off */
export function readBody(response: IncomingMessage, limitBytes = MAX_ERROR_BODY_BYTES): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      if (bytes < limitBytes) chunks.push(chunk);
      bytes += chunk.length;
    });
    response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    const broken = (cause?: unknown): void =>
      reject(new AgentError('agent_died', 'The agent broke off its answer.', { cause }));
    response.on('error', broken);
    response.once('close', () => broken());
  });
}

function parseAddress(url: string): { socketPath: string } | { host: string; port: number } {
  if (url.startsWith('unix://')) return { socketPath: url.slice('unix://'.length) };
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'http:') {
    throw new TypeError(`"${url}" is no address of an agent; write http://host:port or unix:///path.sock`);
  }
  const host = parsed.hostname.startsWith('[') ? parsed.hostname.slice(1, -1) : parsed.hostname;
  return { host, port: Number(parsed.port || 80) };
}
