/**
 * The one websocket to Discord's gateway, run by discord.js's shard, which resumes and reconnects by itself. What the
 * library does not do is done here:
 * - probes of our own, since Discord's heartbeat every 41 s is too rare to find a dead line within a minute;
 * - nothing is opened any more once `close` was called: the library would go on with a reconnection that is under way;
 * - it goes through a proxy where the environment names one (proxy-relay.ts);
 * - every socket is proved closed, by force where the other end does not answer (the library would wait for 30 s, and
 *   forgets sockets that are still connecting);
 * - an event that the library chokes on is passed over, and where its own workings break, this connection ends and not
 *   the process.
 */
import {
  type IContextFetchingStrategy,
  type IShardingStrategy,
  managerToFetchingStrategyOptions,
  type SessionInfo,
  type WebSocketManager,
  WebSocketShard,
  WebSocketShardEvents,
  WebSocketShardStatus,
} from '@discordjs/ws';
import { type Clock, pause, type Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { Collection, GatewayOpcodes, type GatewaySendPayload } from 'discord.js';
import { type DiscordError, lost, outOfStarts } from './errors.ts';
import { ProxyRelay } from './proxy-relay.ts';

const IDENTIFY_EVERY_MS = 5500; // Discord takes one in 5 s
const STARTS_KEPT = 20; // of 1000 a day; whoever uses up all has the token reset
const CLOSE_GRACE_MS = 2000;
/** Methods of the library that run without anybody to catch what they throw. */
const UNATTENDED = ['internalConnect', 'onMessage', 'onClose', 'heartbeat', 'destroy'] as const;

export interface ShardOptions {
  clock: Clock;
  logger: Logger;
  /** How often the line is probed, in milliseconds. */
  probeMs: number;
  /** The other end has shown that it is there. */
  onAlive: () => void;
  /** The shard can no longer be trusted. */
  onBroken: (error: DiscordError) => void;
}

/** What we need of the library's socket, which is `ws`. */
interface Socket {
  readonly readyState: number;
  on(event: 'close' | 'error', listener: () => void): unknown;
  terminate(): void;
}

type ShardStatuses = Awaited<ReturnType<IShardingStrategy['fetchStatus']>>;

const CLOSED = 3;

export class OneShard implements IShardingStrategy {
  readonly #manager: WebSocketManager;
  readonly #options: ShardOptions;
  readonly #sockets = new Set<Socket>();
  #shard: WebSocketShard | null = null;
  #relay: ProxyRelay | null = null;
  #session: SessionInfo | null = null;
  #identifiedAt: number | null = null;
  #probe: Timer | null = null;
  #closed: Promise<void> | null = null;

  constructor(manager: WebSocketManager, options: ShardOptions) {
    this.#manager = manager;
    this.#options = options;
  }

  /** @throws DiscordError where Discord lets this bot connect no more today */
  async spawn([id = 0]: number[]): Promise<void> {
    const context = await this.#context();
    const { remaining, reset_after } = context.options.gatewayInformation.session_start_limit;
    if (remaining < STARTS_KEPT) throw outOfStarts(reset_after);
    this.#relay = await ProxyRelay.open(context.options.gatewayInformation.url);
    if (this.#closed) {
      this.#relay?.close();
      throw lost('closed', 'The connection was closed while it was being made.');
    }
    const shard = new WebSocketShard(context, id);
    for (const name of UNATTENDED) this.#attend(shard, name);
    for (const event of Object.values(WebSocketShardEvents)) {
      shard.on(event, (payload: unknown) => this.#forward(shard, event, payload));
    }
    this.#shard = shard;
    this.#scheduleProbe();
  }

  async connect(): Promise<void> {
    await this.#shard?.connect();
  }

  fetchStatus(): ShardStatuses {
    const { id, status } = this.#shard ?? {};
    // discord.js and its websocket package bring two versions of this class, alike in what they do.
    return new Collection(id === undefined ? [] : [[id, status]]) as unknown as ShardStatuses;
  }

  async send(_id: number, payload: GatewaySendPayload): Promise<void> {
    await this.#shard?.send(payload);
  }

  /** The library calls it at the end, and once before the shard is there. */
  async destroy(): Promise<void> {
    if (this.#shard) await this.close();
  }

  /** Resolves when no socket is open, within 3 seconds. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#probe?.cancel();
    const shard = this.#shard;
    if (!shard) return;
    this.#remember(shard);
    void shard.destroy(); // says good-bye; may never settle
    const ended = [...this.#sockets].map(
      (socket) => new Promise<void>((resolve) => socket.on('close', resolve)),
    );
    const force = this.#options.clock.after(CLOSE_GRACE_MS, () => this.#terminate());
    // A socket that is still connecting is not closed by the library.
    for (const socket of this.#sockets) if (socket.readyState === 0) socket.terminate();
    await Promise.all(ended);
    force.cancel();
    this.#relay?.close();
  }

  #terminate(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** The field is private to the library, which has no other way to its socket. */
  #remember(shard: WebSocketShard): void {
    const socket = Reflect.get(shard, 'connection') as Socket | null;
    if (!socket || this.#sockets.has(socket) || socket.readyState === CLOSED) return;
    this.#sockets.add(socket);
    socket.on('error', () => undefined); // the library takes its own listener off too early
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #forward(shard: WebSocketShard, event: WebSocketShardEvents, payload: unknown): void {
    if (this.#closed) return;
    if (event === WebSocketShardEvents.Hello) this.#remember(shard);
    if (event === WebSocketShardEvents.Dispatch || event === WebSocketShardEvents.HeartbeatComplete) {
      this.#options.onAlive();
    }
    try {
      this.#manager.emit(event, { ...(payload as object), shardId: shard.id } as never);
    } catch (error) {
      this.#options.logger.error({ channel: 'discord', event, err: error }, 'an event was passed over');
    }
  }

  #attend(shard: WebSocketShard, name: (typeof UNATTENDED)[number]): void {
    const method = (Reflect.get(shard, name) as (...given: unknown[]) => Promise<void>).bind(shard);
    const attended = async (...given: unknown[]): Promise<void> => {
      try {
        await method(...given);
      } catch (error) {
        if (!this.#closed) this.#options.onBroken(lost('broken', 'The connection to Discord broke.', error));
      }
    };
    Reflect.set(shard, name, attended);
  }

  #scheduleProbe(): void {
    const { clock, probeMs } = this.#options;
    this.#probe = clock.after(probeMs, () => {
      const shard = this.#shard;
      if (this.#closed || !shard) return;
      if (shard.status === WebSocketShardStatus.Ready) {
        const beat = { op: GatewayOpcodes.Heartbeat, d: this.#session?.sequence ?? null } as const;
        // A line that cannot be written to is found by its silence.
        shard.send(beat).catch(() => undefined);
      }
      this.#scheduleProbe();
    });
  }

  async #context(): Promise<IContextFetchingStrategy> {
    const { retrieveSessionInfo, updateSessionInfo } = this.#manager.options;
    const through = (url: string): string => this.#relay?.through(url) ?? url;
    const options = await managerToFetchingStrategyOptions(this.#manager);
    const { gatewayInformation } = options;
    return {
      options: {
        ...options,
        gatewayInformation: {
          ...gatewayInformation,
          get url() {
            return through(gatewayInformation.url);
          },
        },
      },
      // The library asks for it before it opens a socket. Without an answer it never does.
      retrieveSessionInfo: async (id) => {
        if (this.#closed) return never();
        const session = await retrieveSessionInfo(id);
        return session && { ...session, resumeURL: through(session.resumeURL) };
      },
      updateSessionInfo: (id, session) => {
        this.#session = session;
        return updateSessionInfo(id, session);
      },
      waitForIdentify: async (_id, signal) => {
        const { clock } = this.#options;
        const waitMs = this.#identifiedAt === null ? 0 : this.#identifiedAt + IDENTIFY_EVERY_MS - clock.now();
        if (waitMs > 0) await pause(clock, Math.min(waitMs, IDENTIFY_EVERY_MS), signal);
        signal.throwIfAborted();
        if (this.#closed) await never();
        this.#identifiedAt = clock.now();
      },
    };
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
