/**
 * The gateway's side of the websocket: hello, identify, resume, heartbeats, dispatches with their numbers, and what can
 * go wrong with each. https://discord.com/developers/docs/events/gateway
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Dispatch } from './wire.ts';

interface Session {
  id: string;
  sent: { s: number; event: Dispatch }[];
  socket: WebSocket | null;
}

export interface FakeGatewayOptions {
  heartbeatMs: number;
  token: () => string;
  /** Bit field; identifying with any other intent closes with 4014. */
  allowedIntents: () => number;
  /** READY and what follows it. */
  greeting: (sessionId: string) => Dispatch[];
}

export class FakeGateway {
  readonly #options: FakeGatewayOptions;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sessions = new Map<string, Session>();
  readonly #sockets = new Set<WebSocket>();
  readonly #dead = new WeakSet<WebSocket>();
  /** Codes with which the next identifies are answered. */
  readonly refusals: number[] = [];
  identifies = 0;
  resumes = 0;
  heartbeats = 0;
  #deaf = false;

  constructor(options: FakeGatewayOptions) {
    this.#options = options;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Sessions that are identified and connected. */
  get ready(): number {
    return [...this.#sessions.values()].filter(({ socket }) => socket && !this.#dead.has(socket)).length;
  }

  upgrade(request: http.IncomingMessage, socket: Socket, head: Buffer): void {
    if (this.#deaf) {
      socket.resume().on('end', () => socket.destroy());
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (connection) => this.#greet(connection));
  }

  /** Goes to every session, also to one whose line is cut just now. */
  dispatch(event: Dispatch): void {
    for (const session of this.#sessions.values()) this.#push(session, event);
  }

  /** Cuts all lines without a word; sessions can be resumed. */
  drop(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** Op 7. */
  askToReconnect(): void {
    for (const socket of this.#sockets) send(socket, { op: 7, d: null });
  }

  /** Op 9; sessions are gone. `silently`: their clients learn it when they come back. */
  invalidate(silently = false): void {
    this.#sessions.clear();
    if (!silently) for (const socket of this.#sockets) send(socket, { op: 9, d: false });
  }

  /** Closes all connections with a code. */
  closeWith(code: number): void {
    for (const socket of this.#sockets) socket.close(code);
  }

  /** Sends a frame as it is. */
  sendRaw(frame: string): void {
    for (const socket of this.#sockets) socket.send(frame);
  }

  /** The lines that are open stay open, and nothing comes or goes any more, not even the end of a closing. */
  blackHole(): void {
    for (const socket of this.#sockets) {
      this.#dead.add(socket);
      socket.pause();
    }
  }

  /** What the black hole held back is read, so that the ends of lines are noticed; it is answered no more than before. */
  liftBlackHole(): void {
    for (const socket of this.#sockets) if (this.#dead.has(socket)) socket.resume();
  }

  /** New connections are taken and never answered. */
  set deaf(deaf: boolean) {
    this.#deaf = deaf;
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
    this.#server.close();
  }

  #greet(socket: WebSocket): void {
    this.#sockets.add(socket);
    let session: Session | null = null;
    socket.on('error', () => socket.terminate());
    socket.on('close', (code) => {
      this.#sockets.delete(socket);
      if (session?.socket !== socket) return;
      session.socket = null;
      // Whoever closes with these gives the session up.
      if (code === 1000 || code === 1001) this.#sessions.delete(session.id);
    });
    socket.on('message', (data) => {
      if (this.#dead.has(socket)) return;
      const { op, d } = JSON.parse(String(data)) as { op: number; d: unknown };
      if (op === 1) {
        this.heartbeats++;
        send(socket, { op: 11 });
      } else if (op === 2) session = this.#identify(socket, d as { token: string; intents: number });
      else if (op === 6)
        session = this.#resume(socket, d as { session_id: string; seq: number; token: string });
    });
    send(socket, { op: 10, d: { heartbeat_interval: this.#options.heartbeatMs } });
  }

  #identify(socket: WebSocket, { token, intents }: { token: string; intents: number }): Session | null {
    this.identifies++;
    const refusal = this.refusals.shift();
    const { allowedIntents, greeting } = this.#options;
    const code =
      refusal ?? (token !== this.#options.token() ? 4004 : intents & ~allowedIntents() ? 4014 : null);
    if (code !== null) {
      socket.close(code);
      return null;
    }
    const session: Session = { id: `session-${this.identifies}`, sent: [], socket };
    this.#sessions.set(session.id, session);
    for (const event of greeting(session.id)) this.#push(session, event);
    return session;
  }

  #resume(
    socket: WebSocket,
    { session_id, seq, token }: { session_id: string; seq: number; token: string },
  ): Session | null {
    this.resumes++;
    if (token !== this.#options.token()) {
      socket.close(4004);
      return null;
    }
    const session = this.#sessions.get(session_id);
    if (!session) {
      send(socket, { op: 9, d: false });
      return null;
    }
    session.socket = socket;
    for (const { s, event } of session.sent) if (s > seq) send(socket, { op: 0, s, ...event });
    this.#push(session, { t: 'RESUMED', d: {} });
    return session;
  }

  #push(session: Session, event: Dispatch): void {
    const s = session.sent.length + 1;
    session.sent.push({ s, event });
    if (session.socket && !this.#dead.has(session.socket)) send(session.socket, { op: 0, s, ...event });
  }
}

function send(socket: WebSocket, payload: unknown): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(payload));
}
