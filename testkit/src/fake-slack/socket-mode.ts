/**
 * The WebSocket side of the fake Slack: hello, envelopes with their acknowledgements, redelivery of what was not
 * acknowledged, pings, disconnect frames, and lines that go dead. https://docs.slack.dev/apis/events-api/using-socket-mode
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

const PING_MS = 1000;

export interface Envelope {
  id: string;
  event: Record<string, unknown>;
  /** An event, or something that a person did with a message. */
  type: 'events_api' | 'interactive';
  /** How often it was sent. */
  sent: number;
  /** When it was acknowledged, in milliseconds since the epoch; null while it is not. */
  ackedAt: number | null;
}

interface Line {
  web: WebSocket;
  socket: Socket;
  dead: boolean;
  ping: NodeJS.Timeout;
}

export class SocketMode {
  readonly envelopes: Envelope[] = [];
  /** Connections there were. */
  connects = 0;
  /** A new connection is not greeted. */
  silent = false;
  /** An upgrade is not answered. */
  holdUpgrades = false;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #lines = new Set<Line>();
  #count = 0;

  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (this.holdUpgrades) {
      socket.resume().once('end', () => socket.destroy());
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (web) => this.#greet(web, socket));
  }

  /** Lines that are open and not dead. */
  get open(): number {
    return [...this.#lines].filter(({ dead }) => !dead).length;
  }

  /** @param type an `interactive` one is its own payload, and comes once */
  send(event: Record<string, unknown>, type: Envelope['type'] = 'events_api'): Envelope {
    const envelope = { id: `envelope-${++this.#count}`, event, type, sent: 0, ackedAt: null };
    this.envelopes.push(envelope);
    this.#deliver(envelope);
    return envelope;
  }

  /** What was acknowledged comes again too, as after an acknowledgement that was lost. */
  redeliver(): void {
    for (const envelope of this.envelopes) this.#deliver(envelope);
  }

  /** Slack wants a new connection. */
  disconnectFrame(reason = 'refresh_requested'): void {
    for (const { web } of this.#lines) web.send(JSON.stringify({ type: 'disconnect', reason }));
  }

  /** The lines are reset. */
  cut(): void {
    for (const { socket } of this.#lines) socket.resetAndDestroy();
  }

  /** Nothing passes any more on the present lines, and nobody is told. */
  blackHole(): void {
    for (const line of this.#lines) {
      line.dead = true;
      line.socket.pause();
      clearInterval(line.ping);
    }
  }

  /** Lets dead lines notice what has become of them. */
  thaw(): void {
    for (const { socket } of this.#lines) socket.resume();
  }

  close(): void {
    for (const { web, ping } of this.#lines) {
      clearInterval(ping);
      web.terminate();
    }
  }

  #greet(web: WebSocket, socket: Socket): void {
    this.connects++;
    const ping = setInterval(() => web.ping(), PING_MS);
    const line: Line = { web, socket, dead: false, ping };
    this.#lines.add(line);
    web.on('error', () => undefined); // followed by close
    web.on('close', () => {
      clearInterval(ping);
      this.#lines.delete(line);
    });
    web.on('message', (data) => this.#read(String(data)));
    if (this.silent) return;
    const num_connections = this.open;
    web.send(JSON.stringify({ type: 'hello', num_connections, connection_info: { app_id: 'A0TEST' } }));
    for (const envelope of this.envelopes) {
      if (envelope.ackedAt === null && (envelope.type === 'events_api' || envelope.sent === 0))
        this.#deliver(envelope);
    }
  }

  #read(data: string): void {
    const { envelope_id } = JSON.parse(data) as { envelope_id?: string };
    const envelope = this.envelopes.find(({ id }) => id === envelope_id);
    if (envelope) envelope.ackedAt ??= Date.now();
  }

  #deliver(envelope: Envelope): void {
    const line = [...this.#lines].findLast(({ dead }) => !dead);
    if (!line) return;
    const retry = envelope.sent > 0 ? { retry_attempt: envelope.sent, retry_reason: 'timeout' } : {};
    envelope.sent++;
    line.web.send(
      JSON.stringify({
        envelope_id: envelope.id,
        type: envelope.type,
        accepts_response_payload: envelope.type === 'interactive',
        ...retry,
        payload:
          envelope.type === 'interactive'
            ? envelope.event
            : {
                type: 'event_callback',
                team_id: 'T0TEAM',
                api_app_id: 'A0TEST',
                event_id: `Ev-${envelope.id}`,
                event_time: Math.floor(Date.now() / 1000),
                authorizations: [{ team_id: 'T0TEAM', user_id: 'U0MOBY', is_bot: true }],
                event: envelope.event,
              },
      }),
    );
  }
}
