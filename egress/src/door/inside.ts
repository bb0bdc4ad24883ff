/**
 * What goes on inside of a tunnel that is made: its first bytes say what it is, and that must be what was asked for. In TLS
 * the name of the greeting counts; it passes through unread, but for hosts with bound secrets or limits, where TLS is ended.
 * HTTP without TLS is looked into, request by request. Anything else is refused.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import type { BoundSecrets } from '../secrets/bound-secrets.ts';
import type { ClientHello } from '../tls/client-hello.ts';
import { readOpening } from '../tls/opening.ts';
import type { Dialler, Route } from './dialler.ts';
import { offered, protocolOf, tlsFrom, tlsTo } from './ended-tls.ts';
import { agentFor, forward, forwardUpgrade, type Inside } from './forward.ts';
import { forwardHttp2 } from './forward-http2.ts';
import type { Ruling } from './judge.ts';
import { Refusal } from './refusal.ts';
import { shown, type Target } from './target.ts';
import { join } from './tunnel.ts';

export type Allowed = Extract<Ruling, { allowed: true }>;

/** A connection that may be made: to whom, by which rule, and how. */
export interface Passage {
  target: Target;
  ruling: Allowed;
  route: Route;
  /** Connected to the host. */
  far: Socket;
  /** Told of each request inside that is refused. */
  refused(refusal: Refusal): void;
}

export interface InsideOptions {
  dialler: Dialler;
  secrets: BoundSecrets;
  certificateFor(host: string): Promise<SecureContext>;
  /** The longest that a client may take for its first message, in milliseconds. */
  openingMs: number;
}

export class Insides {
  readonly #options: InsideOptions;
  /** Reads the requests inside of tunnels; never listens. */
  readonly #server: Server;
  readonly #known = new WeakMap<Duplex, Inside>();

  constructor(options: InsideOptions, limits: ServerOptions) {
    this.#options = options;
    this.#server = createServer(limits);
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      const inside = this.#known.get(request.socket);
      if (inside) forward(inside, request, response, request.url ?? '/');
      else response.destroy();
    };
    this.#server.on('request', onRequest).on('checkContinue', onRequest);
    this.#server.on('connect', (_request, socket) => socket.destroy());
    this.#server.on('upgrade', (request, socket, head) => {
      const inside = this.#known.get(request.socket);
      if (inside) forwardUpgrade(inside, request, socket, head, request.url ?? '/');
      else socket.destroy();
    });
  }

  /**
   * @returns when both sides have ended
   * @throws Refusal where what is inside may not pass; nothing of it has then reached the host
   */
  async lead(near: Socket, passage: Passage): Promise<void> {
    const { target, ruling, far } = passage;
    const farEnds = (): void => void near.destroy();
    far.once('close', farEnds);
    far.on('error', () => undefined);
    const opening = await readOpening(near, this.#options.openingMs);
    far.off('close', farEnds);
    if (opening.kind === 'closed') return void far.destroy();
    if (opening.kind === 'fault') throw new Refusal('protocol', `To "${target.host}": ${opening.fault}.`);
    if (opening.kind === 'plain') return this.#serve(this.insideOf(passage, false, far), near);
    const { serverName } = opening.hello;
    if (serverName !== target.host) {
      const named = serverName === null ? 'names no host' : `names ${shown(serverName)}`;
      throw new Refusal(
        'other-host',
        `The connection is for "${target.host}", and its TLS greeting ${named}.`,
      );
    }
    if (!this.#options.secrets.areFor(target) && ruling.limits === null) return join(near, far);
    return this.#end(near, passage, opening.hello);
  }

  /** @param first the connection to the host that is there; more are made as it was */
  insideOf({ target, ruling, route, refused }: Passage, isSecure: boolean, first: Duplex): Inside {
    const { dialler, secrets } = this.#options;
    let unused: Duplex | null = first;
    const connect = async (): Promise<Duplex> => {
      const socket = unused;
      unused = null;
      if (socket && !socket.destroyed) return socket;
      const far = await dialler.connect(route);
      return isSecure ? tlsTo(far, target.host, ['http/1.1']) : far;
    };
    return { ...target, isSecure, limits: ruling.limits, secrets, agent: agentFor(connect), refused };
  }

  async #end(near: Socket, passage: Passage, hello: ClientHello): Promise<void> {
    const { host } = passage.target;
    const protocols = offered(hello);
    if (protocols.length === 0) {
      throw new Refusal('protocol', `To "${host}": the door knows none of the protocols that are offered.`);
    }
    const [far, context] = await Promise.all([
      tlsTo(passage.far, host, protocols),
      this.#options.certificateFor(host),
    ]);
    const protocol = protocolOf(far);
    const secure = await tlsFrom(near, context, protocol).catch((error: NodeJS.ErrnoException) => {
      throw new Refusal(
        'protocol',
        `To "${host}": the program does not trust the door's certificate, or ended the greeting (${error.code ?? error.message}).`,
        error,
      );
    });
    const inside = this.insideOf(passage, true, far);
    if (protocol === 'h2') await forwardHttp2(inside, secure, far);
    else await this.#serve(inside, secure);
  }

  /** @returns when the client's connection has closed */
  async #serve(inside: Inside, near: Duplex): Promise<void> {
    this.#known.set(near, inside);
    const closed = new Promise((resolve) => near.once('close', resolve));
    this.#server.emit('connection', near);
    near.resume(); // it was paused while its first bytes were looked at
    await closed;
    inside.agent.destroy();
  }
}
