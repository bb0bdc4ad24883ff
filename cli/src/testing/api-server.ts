/**
 * A server that speaks the gateway's HTTP API from a script, over real connections: turns with numbered events that can
 * be resumed, idempotent prompts, and plain answers by path. It can drop a stream after any number of bytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { endsTurn, type NumberedEvent, type TurnEvent } from '@mobyclaw/protocol/events';
import type { PromptRequest } from '@mobyclaw/protocol/prompt';
import { onTestFinished } from 'vitest';

export const TOKEN = 'test-token';

export interface ServerTurn {
  id: string;
  request: PromptRequest;
  events: NumberedEvent[];
  cancelled: boolean;
  /** Adds an event and sends it to whoever reads. */
  push(event: TurnEvent, id?: number): void;
}

export interface Answer {
  status?: number;
  body?: unknown;
  contentType?: string;
}

export interface SeenRequest {
  method: string;
  path: string;
  body: unknown;
  headers: IncomingMessage['headers'];
}

type Route = Answer | ((request: SeenRequest) => Answer);

export class ApiServer {
  readonly turns: ServerTurn[] = [];
  readonly seen: SeenRequest[] = [];
  /** What happens when a prompt arrives. */
  onTurn: (turn: ServerTurn) => void = () => undefined;
  onCancel: (turn: ServerTurn) => void = (turn) =>
    turn.push({
      type: 'error',
      data: { code: 'cancelled', message: 'The turn was stopped.', retryable: false },
    });
  /** Bytes of each following stream after which its connection is cut; none left: never. */
  cutAfterBytes: number[] = [];
  /** Statuses to answer the next requests with, before anything else. */
  refuseNext: Answer[] = [];
  readonly #routes = new Map<string, Route>();
  readonly #byKey = new Map<string, ServerTurn>();
  readonly #listeners = new Map<ServerTurn, Set<() => void>>();
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  /** Answers `method path` (without query) so. */
  on(methodAndPath: string, route: Route): this {
    this.#routes.set(methodAndPath, route);
    return this;
  }

  /** So many events before the one that is asked for come once more, as from a gateway that counts otherwise. */
  repeats = 0;

  /** Takes over the turns of another server, as a gateway does after a restart. */
  adopt(other: ApiServer): void {
    this.turns.push(...other.turns);
    for (const [key, turn] of other.#byKey) this.#byKey.set(key, turn);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(port = 0): Promise<this> {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += chunk;
    const url = new URL(request.url ?? '/', 'http://gateway');
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: url.pathname + url.search,
      body: text === '' ? undefined : JSON.parse(text),
      headers: request.headers,
    };
    this.seen.push(seen);
    const refusal = this.refuseNext.shift();
    if (refusal) return answer(response, refusal);
    if (request.headers.authorization !== `Bearer ${TOKEN}` && !url.pathname.endsWith('z')) {
      return answer(response, problem(401, 'unauthorized', 'The token is not valid.'));
    }
    const route = this.#routes.get(`${seen.method} ${url.pathname}`);
    if (route) return answer(response, typeof route === 'function' ? route(seen) : route);
    if (seen.method === 'POST' && url.pathname === '/prompt/stream') {
      return this.#stream(response, this.#turnFor(seen), 0);
    }
    const [, id, what] = /^\/api\/turns\/([^/]+)\/(events|cancel)$/.exec(url.pathname) ?? [];
    const turn = this.turns.find((candidate) => candidate.id === id);
    if (!turn) return answer(response, problem(404, 'not-found', `There is no ${url.pathname}.`));
    if (what === 'events') {
      return this.#stream(response, turn, Number(request.headers['last-event-id'] ?? 0) - this.repeats);
    }
    turn.cancelled = true;
    this.onCancel(turn);
    answer(response, { body: {} });
  }

  #turnFor(seen: SeenRequest): ServerTurn {
    const key = String(seen.headers['idempotency-key']);
    const known = this.#byKey.get(key);
    if (known) return known;
    const listeners = new Set<() => void>();
    const turn: ServerTurn = {
      id: `turn-${this.turns.length + 1}`,
      request: seen.body as PromptRequest,
      events: [],
      cancelled: false,
      push(event, id) {
        turn.events.push({ ...event, id: id ?? (turn.events.at(-1)?.id ?? 0) + 1 } as NumberedEvent);
        for (const listener of [...listeners]) listener();
      },
    };
    this.turns.push(turn);
    this.#byKey.set(key, turn);
    this.#listeners.set(turn, listeners);
    this.onTurn(turn);
    return turn;
  }

  #stream(response: ServerResponse, turn: ServerTurn, since: number): void {
    let budget = this.cutAfterBytes.shift() ?? Number.POSITIVE_INFINITY;
    let sent = since;
    const listeners = this.#listeners.get(turn);
    const send = (): void => {
      for (const event of turn.events) {
        if (event.id <= sent || response.destroyed) continue;
        sent = event.id;
        const bytes = Buffer.from(
          `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`,
        ).subarray(0, budget);
        budget -= bytes.length;
        response.write(bytes);
        if (budget <= 0) {
          listeners?.delete(send);
          response.socket?.end();
          return;
        }
        if (endsTurn(event)) response.end();
      }
    };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.on('close', () => listeners?.delete(send));
    listeners?.add(send);
    response.write(': hello\n\n');
    send();
  }
}

export function problem(status: number, type: string, detail: string): Answer {
  return {
    status,
    body: { type: `/problems/${type}`, title: type, status, detail },
    contentType: 'application/problem+json',
  };
}

function answer(
  response: ServerResponse,
  { status = 200, body, contentType = 'application/json' }: Answer,
): void {
  response.writeHead(status, { 'content-type': contentType });
  response.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
}

/** A server that is gone when the test is, and its token where the CLI looks for it. */
export async function startApi(home?: string): Promise<ApiServer> {
  const server = await new ApiServer().listen();
  onTestFinished(() => server.close());
  if (home !== undefined) writeToken(home);
  return server;
}

export function writeToken(home: string, token = TOKEN): void {
  mkdirSync(join(home, 'gateway'), { recursive: true });
  writeFileSync(join(home, 'gateway', 'cli-token'), `${token}\n`, { mode: 0o600 });
}

/** Events of a plain turn: queued, started, tokens, done. */
export function sayText(turn: ServerTurn, ...tokens: string[]): void {
  const session = turn.request.session ?? 'api:default';
  turn.push({ type: 'queued', data: { turn: turn.id, position: 0 } });
  turn.push({ type: 'started', data: { turn: turn.id, session } });
  for (const text of tokens) turn.push({ type: 'token', data: { text } });
  turn.push({ type: 'done', data: { turn: turn.id, session, text: tokens.join(''), usage: null } });
}
