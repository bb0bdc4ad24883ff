/**
 * The door: the HTTP proxy through which Moby and all that he runs reach what is outside. CONNECT for TLS and for plain HTTP,
 * which Node's fetch asks for by CONNECT too, and requests with a whole address.
 *
 * Names alone are let through, as the owner's rule says (`judge`), to public addresses, and what is inside must be what was
 * asked for (inside.ts). Whatever fails is refused: there is no way around a check that cannot be made.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '@mobyclaw/lib/logger';
import type { Audit, AuditEntry } from './audit.ts';
import { asRefusal, checkHost, forward, forwardUpgrade } from './forward.ts';
import { type Allowed, type InsideOptions, Insides, type Passage } from './inside.ts';
import type { Judge, Ruling } from './judge.ts';
import type { OpenPassages } from './open-passages.ts';
import { Refusal, refuseConnect, refuseRequest } from './refusal.ts';
import { readAddress, readAuthority, shown, type Target } from './target.ts';

const MOST_CONNECTIONS = 1024;
const MOST_HEADERS = 32 * 1024;
const OPENING_MS = 15_000;
const HEADERS_MS = 30_000;
const KEPT_MS = 60_000; // a client's connection without a request on it

export interface DoorOptions extends Omit<InsideOptions, 'openingMs'> {
  judge: Judge;
  /** The certificate of our authority, which the agent's side fetches to trust it. */
  authority(): Promise<string>;
  audit: Audit;
  passages: OpenPassages;
  logger: Logger;
  openingMs?: number;
}

/** Not listening yet. */
export function createDoor(options: DoorOptions): Server {
  return new Door(options).server;
}

class Door {
  readonly server: Server;
  readonly #options: DoorOptions;
  readonly #insides: Insides;

  constructor(options: DoorOptions) {
    this.#options = options;
    const limits = {
      maxHeaderSize: MOST_HEADERS,
      headersTimeout: HEADERS_MS,
      requestTimeout: 0, // an upload takes as long as it takes
      keepAliveTimeout: KEPT_MS,
    };
    this.#insides = new Insides({ openingMs: OPENING_MS, ...options }, limits);
    this.server = createServer(limits);
    this.server.maxConnections = MOST_CONNECTIONS;
    const sockets = new Set<Socket>();
    // Node counts a tunnel as no connection of the server's any more, and would wait for its end for ever.
    this.server.closeAllConnections = () => {
      for (const socket of sockets) socket.destroy();
    };
    this.server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.allowHalfOpen = true;
      socket.setKeepAlive(true, KEPT_MS);
      socket.setNoDelay(true);
    });
    const guarded = (work: Promise<void>, socket: Duplex): void => {
      work.catch((error: unknown) => {
        options.logger.error({ err: error }, 'door failed');
        socket.destroy();
      });
    };
    const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
      guarded(this.#request(request, response), request.socket);
    this.server.on('request', onRequest).on('checkContinue', onRequest);
    this.server.on('connect', (request, socket, head) =>
      guarded(this.#tunnel(request, socket as Socket, head), socket),
    );
    this.server.on('upgrade', (request, socket, head) =>
      guarded(this.#upgrade(request, socket as Socket, head), socket),
    );
  }

  async #tunnel(request: IncomingMessage, near: Socket, head: Buffer): Promise<void> {
    near.on('error', () => near.destroy());
    if (head.length > 0) near.unshift(head);
    const passage = await this.#open(request, near, () => ({ target: readAuthority(request.url ?? '') }));
    if (passage instanceof Refusal) return refuseConnect(near, request, passage);
    if (near.destroyed) return void passage.far.destroy();
    const count = this.#count(passage, near);
    near.write('HTTP/1.1 200 Connection established\r\n\r\n');
    try {
      await this.#insides.lead(near, passage);
    } catch (error) {
      // Inside of the tunnel nothing can be said that the client would understand; the log has it.
      passage.refused(asRefusal(error));
      near.destroy();
    } finally {
      passage.far.destroy();
      count();
    }
  }

  /** A request with a whole address; also the way to the certificate, which has none. */
  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET' && request.url === '/healthz') return void response.end('ok\n');
    if (request.method === 'GET' && request.url === '/authority.pem') {
      response.writeHead(200, { 'content-type': 'application/x-pem-file' });
      return void response.end(await this.#options.authority());
    }
    const opened = await this.#openAddress(request, request.socket);
    if (opened instanceof Refusal) return refuseRequest(response, request, opened);
    response.once('close', opened.end);
    if (response.destroyed) opened.end();
    else forward(opened.inside, request, response, opened.path);
  }

  async #upgrade(request: IncomingMessage, near: Socket, head: Buffer): Promise<void> {
    near.on('error', () => near.destroy());
    const opened = await this.#openAddress(request, near);
    if (opened instanceof Refusal) return refuseConnect(near, request, opened);
    near.once('close', opened.end);
    if (near.destroyed) opened.end();
    else forwardUpgrade(opened.inside, request, near, head, opened.path);
  }

  async #openAddress(request: IncomingMessage, near: Socket) {
    const passage = await this.#open(request, near, () => {
      const { path, ...target } = readAddress(request.url ?? '');
      checkHost({ ...target, isSecure: false }, request.rawHeaders);
      return { target, path };
    });
    if (passage instanceof Refusal) return passage;
    const inside = this.#insides.insideOf(passage, false, passage.far);
    const count = this.#count(passage, near);
    const end = (): void => {
      passage.far.destroy();
      inside.agent.destroy();
      count();
    };
    return { inside, path: passage.path, end };
  }

  /** @returns the connection that may be made, made; or why not, which is written down then */
  async #open(
    request: IncomingMessage,
    near: Socket,
    read: () => { target: Target; path?: string },
  ): Promise<(Passage & { path: string }) | Refusal> {
    let target: Target = { host: shown(request.url ?? ''), port: 0 };
    const { audit, dialler, logger } = this.#options;
    try {
      const { path, ...asked } = read();
      target = asked.target;
      const { method = 'GET' } = request;
      const ruling = await this.#ask(
        request,
        target,
        near,
        path === undefined ? undefined : { method, path },
      );
      const route = await dialler.find(target, ruling.isPrivate);
      const far = await dialler.connect(route);
      const refused = (refusal: Refusal): void =>
        audit.refused(entryOf(target, 'refused', wordsOf(refusal), ruling.turn));
      return { target, ruling, route, far, refused, path: path ?? '/' };
    } catch (error) {
      const refusal = asRefusal(error);
      if (!(error instanceof Refusal)) logger.warn({ err: error }, 'door failed');
      if (refusal instanceof Judged) {
        const { reason, isAsked, turn } = refusal.ruling;
        audit.refused(entryOf(target, isAsked ? 'asked' : 'refused', reason, turn));
      } else audit.refused(entryOf(target, 'refused', wordsOf(refusal)));
      return refusal;
    }
  }

  /** Writes the connection down. @returns what completes the row */
  #count({ target, ruling, far }: Passage, near: Socket): () => void {
    const entry = this.#options.audit.open(entryOf(target, 'allowed', ruling.reason, ruling.turn));
    const { bytesRead, bytesWritten } = near;
    const left = this.#options.passages.add(target, () => {
      near.destroy();
      far.destroy();
    });
    return () => {
      left();
      entry.close(near.bytesWritten - bytesWritten, near.bytesRead - bytesRead);
    };
  }

  /** @throws Refusal */
  async #ask(
    request: IncomingMessage,
    target: Target,
    near: Socket,
    inside: { method: string; path: string } | undefined,
  ): Promise<Allowed> {
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    near.once('close', onClose);
    try {
      const asked = { ...target, pass: passOf(request), ...(inside ? { request: inside } : {}) };
      const ruling = await this.#options.judge(asked, gone.signal);
      if (ruling.allowed) return ruling;
      throw new Judged(ruling);
    } finally {
      near.off('close', onClose);
    }
  }
}

type Refused = Extract<Ruling, { allowed: false }>;

/** The owner's rule, or his answer, refuses it. */
class Judged extends Refusal {
  readonly ruling: Refused;

  constructor(ruling: Refused) {
    super('rule', ruling.message);
    this.ruling = ruling;
  }
}

/** For the log: of a stand-in also whose it was. */
function wordsOf({ reason, about }: Refusal): string {
  return about === null ? reason : `${reason} ${about}`;
}

function entryOf(
  { host, port }: Target,
  verdict: AuditEntry['verdict'],
  reason: string,
  turn?: string,
): AuditEntry {
  return { host, port, verdict, reason, ...(turn === undefined ? {} : { turn }) };
}

/** The password in the proxy's address, as the agent puts it there for what a turn starts (lib/door-pass). */
function passOf({ headers }: IncomingMessage): string | null {
  const code = /^Basic +(\S+)$/i.exec(headers['proxy-authorization'] ?? '')?.[1];
  if (code === undefined) return null;
  return Buffer.from(code, 'base64').toString('utf8').split(':').slice(1).join(':') || null;
}
