/**
 * MCP over streamable HTTP, for the SDK's client. Ours, because every request must end: here `send` of a request settles
 * when its answer is there, and rejects as soon as it is certain that none will come. A stream that breaks off before
 * the answer is resumed where the server said how (an event id), and is an error at once where it did not.
 *
 * Beside the requests one standing GET carries what a server says by itself; a server that has none answers 405.
 */
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { McpConnectionError, McpSessionGoneError } from './connection-error.ts';
import { asMessage, excerpt } from './message.ts';

const RESUME_AFTER_MS = 1_000; // unless the server says when
const MAX_RESUME_AFTER_MS = 30_000;
const MOST_VAIN_RESUMES = 5; // in a row without a single event
const MOST_VAIN_LISTENS = 3; // the standing stream is a courtesy: a server that closes it at once does not want it
const NOTIFY_MS = 10_000;
const GOODBYE_MS = 2_000;

export interface McpHttpTransportOptions {
  url: string;
  clock: Clock;
  fetch: typeof fetch;
  /** Does the work as none of a run's: the standing stream belongs to nobody. */
  outsideRuns(work: () => Promise<void>): Promise<void>;
}

export class McpHttpTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  sessionId?: string;
  readonly #options: McpHttpTransportOptions;
  readonly #closing = new AbortController();
  /** Requests whose answer is awaited. */
  readonly #open = new Map<RequestId, AbortController>();
  #protocolVersion = '';

  constructor(options: McpHttpTransportOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {}

  setProtocolVersion(version: string): void {
    this.#protocolVersion = version;
  }

  /** @throws McpConnectionError, McpSessionGoneError, or what `fetch` throws; a request rejects where it has no answer */
  async send(message: JSONRPCMessage): Promise<void> {
    const method = 'method' in message ? message.method : '';
    if ('method' in message && 'id' in message) return await this.#request(message.id, method, message);
    if (method === 'notifications/cancelled') this.#cancel(message);
    // Not bound to the connection: that a call was given up is told although the connection is given up with it.
    const response = await this.#post(message, method, AbortSignal.timeout(NOTIFY_MS));
    await response.body?.cancel();
    if (!response.ok) throw new McpConnectionError(`the server answered ${response.status} to ${method}`);
    if (method === 'notifications/initialized') void this.#options.outsideRuns(() => this.#listen());
  }

  /** Never rejects: the SDK closes without waiting where a greeting failed, and a goodbye that finds nobody harms nothing. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new McpConnectionError('the connection was closed'));
    this.onclose?.();
    if (this.sessionId === undefined) return;
    const signal = AbortSignal.timeout(GOODBYE_MS);
    try {
      const goodbye = { method: 'DELETE', headers: this.#headers({}), signal };
      const response = await this.#options.fetch(this.#options.url, goodbye);
      await response.body?.cancel();
    } catch (error) {
      this.onerror?.(error as Error);
    }
  }

  async #request(id: RequestId, method: string, message: JSONRPCMessage): Promise<void> {
    const own = new AbortController();
    this.#open.set(id, own);
    const signal = AbortSignal.any([this.#closing.signal, own.signal]);
    try {
      const response = await this.#post(message, method, signal);
      const session = method === 'initialize' ? response.headers.get('mcp-session-id') : null;
      if (session !== null) this.sessionId = session;
      if (response.status === 202) {
        await response.body?.cancel();
        return; // the answer comes by the standing stream, or not: the caller's patience ends
      }
      const type = response.headers.get('content-type') ?? '';
      if (!response.ok || !type.includes('text/event-stream')) await this.#whole(id, response, type);
      else await this.#stream(id, response, signal);
    } finally {
      this.#open.delete(id);
    }
  }

  async #post(message: JSONRPCMessage, method: string, signal: AbortSignal): Promise<Response> {
    const base = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const response = await this.#options.fetch(this.#options.url, {
      method: 'POST',
      headers: this.#headers(base, method === 'initialize'),
      body: JSON.stringify(message),
      signal,
    });
    if (response.status === 404 && this.sessionId !== undefined && method !== 'initialize') {
      await response.body?.cancel();
      throw new McpSessionGoneError('the server does not know the session any more');
    }
    return response;
  }

  /** An answer that is not streamed. */
  async #whole(id: RequestId, response: Response, type: string): Promise<void> {
    const text = await response.text();
    const messages = type.includes('json') ? parsed(text) : [];
    let answered = false;
    for (const message of messages) answered = this.#deliver(message, id) || answered;
    if (answered) return;
    const said = excerpt(text.trim());
    if (!response.ok) throw new McpConnectionError(`the server answered ${response.status}: ${said}`);
    throw new McpConnectionError(`the server sent no answer that MCP knows: ${said || type || 'nothing'}`);
  }

  async #stream(id: RequestId, first: Response, signal: AbortSignal): Promise<void> {
    const place: Place = { retryMs: RESUME_AFTER_MS };
    let response: Response | null = first;
    let cause: unknown;
    for (let vain = 0; vain <= MOST_VAIN_RESUMES; vain++) {
      try {
        if (response?.ok) {
          const { answered, events } = await this.#read(response, place, id);
          if (answered) return;
          if (events > 0) vain = 0;
          cause = undefined;
        } else if (response) {
          await response.body?.cancel();
          cause = new Error(`resuming was answered with ${response.status}`);
          if (response.status < 500) break;
        }
      } catch (error) {
        cause = error;
      }
      signal.throwIfAborted();
      if (place.lastId === undefined) break;
      await pause(this.#options.clock, place.retryMs, signal);
      signal.throwIfAborted();
      response = await this.#get(place, signal).catch((error: unknown) => {
        cause = error;
        return null;
      });
    }
    throw new McpConnectionError('the connection ended before the answer', { cause });
  }

  /** The standing stream. Never rejects: what fails here concerns no request. */
  async #listen(): Promise<void> {
    const { signal } = this.#closing;
    const place: Place = { retryMs: RESUME_AFTER_MS };
    for (let vain = 0; vain < MOST_VAIN_LISTENS && !signal.aborted; vain++) {
      try {
        const response = await this.#get(place, signal);
        const streams = response.headers.get('content-type')?.includes('text/event-stream') ?? false;
        if (!response.ok || !streams) {
          await response.body?.cancel();
          return; // 405: there is none
        }
        if ((await this.#read(response, place, null)).events > 0) vain = 0;
      } catch (error) {
        if (!signal.aborted) this.onerror?.(error as Error);
      }
      await pause(this.#options.clock, place.retryMs, signal);
    }
  }

  #get({ lastId }: Place, signal: AbortSignal): Promise<Response> {
    const resume: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
    const headers = this.#headers({ accept: 'text/event-stream', ...resume });
    return this.#options.fetch(this.#options.url, { method: 'GET', headers, signal });
  }

  async #read(response: Response, place: Place, id: RequestId | null) {
    const parser = new EventSourceParserStream({
      onRetry: (ms) => {
        place.retryMs = Math.min(ms, MAX_RESUME_AFTER_MS);
      },
    });
    const decoder = new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>;
    const events = (response.body as ReadableStream<Uint8Array>).pipeThrough(decoder).pipeThrough(parser);
    let count = 0;
    for await (const event of events) {
      count++;
      if (event.id !== undefined) place.lastId = event.id;
      if (event.data === '' || (event.event ?? 'message') !== 'message') continue;
      let answered = false;
      for (const message of parsed(event.data)) answered = this.#deliver(message, id) || answered;
      if (answered) return { answered, events: count };
    }
    return { answered: false, events: count };
  }

  /** @returns whether it is the answer to the request */
  #deliver(message: unknown, id: RequestId | null): boolean {
    const known = asMessage(message);
    if (known === null) {
      this.onerror?.(new Error(`the server sent what is no message of MCP: ${excerpt(message)}`));
      return false;
    }
    this.onmessage?.(known);
    return id !== null && !('method' in known) && 'id' in known && known.id === id;
  }

  #cancel(message: JSONRPCMessage): void {
    const { requestId } = ('params' in message ? message.params : {}) as { requestId?: RequestId };
    if (requestId !== undefined) this.#open.get(requestId)?.abort(new McpConnectionError('it was cancelled'));
  }

  #headers(base: Record<string, string>, first = false): Record<string, string> {
    return {
      ...base,
      ...(first || this.sessionId === undefined ? {} : { 'mcp-session-id': this.sessionId }),
      ...(first || this.#protocolVersion === '' ? {} : { 'mcp-protocol-version': this.#protocolVersion }),
    };
  }
}

/** How far a stream has come. */
interface Place {
  lastId?: string;
  retryMs: number;
}

function parsed(text: string): unknown[] {
  try {
    const value = JSON.parse(text) as unknown;
    return Array.isArray(value) ? value : [value];
  } catch (error) {
    if (error instanceof SyntaxError) return [text];
    throw error;
  }
}
