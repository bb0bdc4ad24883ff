/**
 * The receive path: Socket Mode (https://docs.slack.dev/apis/events-api/using-socket-mode). Bolt's own receiver tells
 * Slack that an event arrived before any listener has run; here Bolt's App processes it with an acknowledgement that does
 * nothing, and the envelope is acknowledged after that, when the event is on disk. What is not acknowledged Slack brings
 * again.
 *
 * The library does not reconnect by itself: it would wait five seconds, and a refusal at that moment ends as a rejection
 * that nobody handles. A lost connection is told once, and the gateway makes a new channel.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setImmediate as tick } from 'node:timers/promises';
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import { type App, type Receiver, SocketModeReceiver } from '@slack/bolt';
import { traceOf } from '../error-trace.ts';
import type { SlackApi } from './api.ts';
import { SlackError, toSlackError } from './errors.ts';
import { ProxyDispatcher } from './proxy-dispatcher.ts';
import { quietLogger } from './quiet-logger.ts';
import { Transport } from './transport.ts';

const PING_MS = 30_000; // Slack pings more often than that
const CLOSE_MS = 2000; // for the closing handshake; then the socket is destroyed

const LIFE_SIGNS = ['undici:websocket:ping', 'undici:websocket:pong'] as const;

export interface SocketModeLineOptions {
  appToken: string;
  api: SlackApi;
  clock: Clock;
  logger: Logger;
  callMs: number;
  startMs: number;
  /** A line without an answer to our pings for so long is dead. */
  pongMs: number;
  /** The line has shown life. */
  onAlive: () => void;
  /** The connection has ended and will not come back. */
  onLost: (error: SlackError) => void;
  /** Slack has greeted us, and says how many connections the app has with this one. */
  onGreeted: (connections: number) => void;
}

/** What the library hands over for each envelope. */
interface Envelope {
  body: Record<string, unknown>;
  ack: () => Promise<void>;
  retry_num?: number;
  retry_reason?: string;
}

export class SocketModeLine implements Receiver {
  readonly #options: SocketModeLineOptions;
  readonly #transport: Transport;
  readonly #dispatcher = ProxyDispatcher.make();
  readonly #client: SocketModeReceiver['client'];
  #app: App | null = null;
  #address: string | null = null;
  #starting: Promise<unknown> | null = null;
  #greeted = false;
  #stopped = false;

  constructor(options: SocketModeLineOptions) {
    const { appToken, api, clock, callMs, pongMs } = options;
    this.#options = options;
    this.#transport = new Transport(api.root, clock, callMs);
    const clientOptions = { ...api.clientOptions(), fetch: this.#transport.fetch };
    this.#client = new SocketModeReceiver({
      appToken,
      logger: quietLogger,
      autoReconnectEnabled: false,
      ...(this.#dispatcher ? { dispatcher: this.#dispatcher } : {}),
      clientPingTimeout: pongMs,
      serverPingTimeout: PING_MS,
      installerOptions: { clientOptions },
    }).client;
    this.#client.on('authenticated', ({ url }: { url?: string }) => {
      this.#address = url === undefined ? null : new URL(url).href;
    });
    this.#client.on('slack_event', (envelope: Envelope) => void this.#take(envelope));
    this.#client.on('disconnected', () => this.#lost());
    this.#client.on('ws_message', (frame: unknown) => this.#greet(frame));
  }

  init(app: App): void {
    this.#app = app;
  }

  /**
   * Resolves when Slack has greeted us.
   * @throws SlackError
   */
  async start(): Promise<void> {
    for (const sign of LIFE_SIGNS) subscribe(sign, this.#onSign);
    const starting = this.#client.start();
    this.#starting = starting;
    const { clock, startMs } = this.#options;
    try {
      await withTimeout<unknown>(clock, startMs, starting, () => {
        throw new SlackError({
          method: 'connect',
          code: 'timeout',
          message: 'Slack did not complete the connection in time.',
          remedy: 'retry',
        });
      });
    } catch (error) {
      throw error === undefined ? closed() : toSlackError('apps.connections.open', error);
    }
  }

  /** Resolves when the socket is closed; by force where Slack does not answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#transport.close();
    await tick(); // an address that has just come opens its socket first, and is closed with it
    const ended = this.#client.disconnect();
    const { clock } = this.#options;
    if (!(await settles(ended, clock, CLOSE_MS))) {
      // The second call destroys a socket that is closing.
      await withTimeout(clock, CLOSE_MS, this.#client.disconnect(), () => undefined);
    }
    this.#dispatcher?.close();
    await Promise.allSettled([this.#starting]);
    for (const sign of LIFE_SIGNS) unsubscribe(sign, this.#onSign);
  }

  async #take({ body, ack, retry_num, retry_reason }: Envelope): Promise<void> {
    this.#options.onAlive();
    try {
      await this.#app?.processEvent({
        body,
        ack: async () => undefined,
        ...(retry_num === undefined ? {} : { retryNum: retry_num }),
        ...(retry_reason === undefined ? {} : { retryReason: retry_reason }),
      });
      await ack();
    } catch (error) {
      // Not stored, or the line is gone.
      const kind = (body.event as { type?: unknown } | undefined)?.type;
      this.#options.logger.warn(
        { channel: 'slack', kind, retry: retry_num, ...traceOf(error) },
        'an event was not acknowledged; Slack brings it again',
      );
    }
  }

  /** The library does not hand on what a greeting says, only each frame as it came. */
  #greet(frame: unknown): void {
    if (this.#greeted || typeof frame !== 'string') return;
    const connections = connectionsIn(frame);
    if (connections === null) return;
    this.#greeted = true;
    this.#options.onGreeted(connections);
  }

  #lost(): void {
    if (!this.#stopped) this.#options.onLost(closed());
  }

  readonly #onSign = (message: unknown): void => {
    const { websocket } = message as { websocket?: { url?: string } };
    if (this.#address !== null && websocket?.url === this.#address) this.#options.onAlive();
  };
}

/** @returns null where it is no greeting; the library passes over what cannot be read, too */
function connectionsIn(frame: string): number | null {
  try {
    const { type, num_connections } = JSON.parse(frame) as { type?: unknown; num_connections?: unknown };
    return type === 'hello' && typeof num_connections === 'number' ? num_connections : null;
  } catch {
    return null;
  }
}

function closed(): SlackError {
  return new SlackError({
    method: 'receive',
    code: 'closed',
    message: 'Slack closed the connection, as it does every few hours, or the line broke.',
    hint: 'A new one is being made.',
    remedy: 'retry',
  });
}

async function settles(promise: Promise<unknown>, clock: Clock, ms: number): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  return withTimeout(clock, ms, settled, () => false);
}
