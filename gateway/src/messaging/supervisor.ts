/**
 * Keeps one channel connected. It opens a connection, watches its receive path, and replaces one that is lost or deaf:
 * always by a new object, and only after the old one has said that it is closed. A fatal error stops it for good, with
 * the reason in its status. The connection that it hands out contains what an adapter throws (`contained-channel.ts`), so
 * nothing of that gets past this file.
 *
 * The pause between connections grows with each failure and starts anew after a connection has held for a while.
 */
import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause, type Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { Platform } from '@mobyclaw/protocol/platform';
import type {
  ButtonPress,
  Channel,
  ChannelHost,
  ChannelMemory,
  ChannelStatus,
  CommandInfo,
  InboundEvent,
  PressAnswer,
} from '../channels/channel.ts';
import { ChannelError, unexpected } from '../channels/channel-error.ts';
import type { OpenChannel } from './catalogue.ts';
import { contained } from './contained-channel.ts';

const BACKOFF = { firstMs: 1000, maxMs: 30_000 }; // a platform that is back is noticed within half a minute
const STEADY_MS = 60_000; // a connection that held so long was a good one
const WATCH_MS = 5000; // with the 45 s of `deafAfterMs` a deaf channel is found within 50 s
const CLOSE_WARNING_MS = 10_000; // the contract of `stop`

export interface SupervisorOptions {
  platform: Platform;
  /** Loads the adapter, when the first connection is made. */
  load: () => Promise<OpenChannel>;
  receive: (event: InboundEvent) => Promise<void>;
  pressed: (press: ButtonPress) => Promise<PressAnswer>;
  memory: ChannelMemory;
  folder: () => string;
  commands: readonly CommandInfo[];
  /** The channel can send again. */
  onUp: () => void;
  /** Its status is another one, but for a mere sign of life. */
  onChange: () => void;
  clock: Clock;
  logger: Logger;
}

export class ChannelSupervisor {
  readonly platform: Platform;
  readonly #options: SupervisorOptions;
  readonly #ending = new AbortController();
  #status: ChannelStatus;
  #channel: Channel | null = null;
  /** Ends the present connection; null as reason: because we are to stop. */
  #end: ((reason: ChannelError | null) => void) | null = null;
  #loop: Promise<void> | null = null;
  /** What the present connection has to say although it works. */
  #warning: string | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.platform = options.platform;
    this.#status = {
      state: 'connecting',
      since: options.clock.now(),
      receivePathWorkedAt: null,
      reason: null,
      fatal: false,
      login: null,
      connects: 0,
    };
  }

  get status(): ChannelStatus {
    return this.#status;
  }

  /** The connection to send by, while there is one. */
  get channel(): Channel | null {
    return this.#status.state === 'up' ? this.#channel : null;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** A call other than the receive path has shown that the connection is of no more use. */
  report(error: ChannelError): void {
    this.#end?.(error);
  }

  /** Closes the connection; resolves when it is closed. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#end?.(null);
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#ending;
    let failures = 0;
    while (!signal.aborted) {
      const openedAt = clock.now();
      const error = await this.#connection();
      if (signal.aborted || error === null) break;
      this.#log(error);
      if (error.fatal) {
        this.#set({ state: 'stopped', reason: error.line, fatal: true, login: null });
        return;
      }
      failures = clock.now() - openedAt > STEADY_MS ? 1 : failures + 1;
      this.#set({ state: 'down', reason: error.line, login: null });
      await pause(clock, Math.max(backoffMs(failures, BACKOFF), error.retryAfterMs ?? 0), signal);
    }
    this.#set({ state: 'stopped', reason: null, login: null });
  }

  /** One connection from its opening to its proved end. @returns why it ended; null where we are to stop */
  async #connection(): Promise<ChannelError | null> {
    let open: OpenChannel;
    try {
      open = await this.#options.load();
    } catch (error) {
      return this.#unusable(error);
    }
    const life = new AbortController();
    this.#warning = null;
    const ended = new Promise<ChannelError | null>((resolve) => {
      this.#end = resolve;
    });
    if (this.#ending.signal.aborted) return null; // while the adapter was loaded
    this.#set({ state: 'connecting', connects: this.#status.connects + 1 });
    let channel: Channel;
    try {
      channel = contained(open(this.#host(life.signal)), this.#options.logger);
    } catch (error) {
      return this.#wrap('open', error);
    }
    const watch = this.#watch(channel, life.signal);
    channel.start().then(
      () => this.#up(channel, life.signal),
      (error: unknown) => this.#end?.(this.#wrap('start', error)),
    );
    const reason = await ended;
    this.#end = null;
    this.#channel = null;
    life.abort();
    watch.cancel();
    if (this.#status.state === 'up') this.#set({ state: 'down', reason: reason?.line ?? null });
    await this.#close(channel);
    return reason;
  }

  #up(channel: Channel, life: AbortSignal): void {
    if (life.aborted) return;
    this.#channel = channel;
    const now = this.#options.clock.now();
    this.#set({ state: 'up', receivePathWorkedAt: now, reason: this.#warning, login: null });
    this.#options.onUp();
    channel.publishCommands?.(this.#options.commands).catch((error: unknown) => {
      this.#options.logger.warn({ channel: this.platform, error: String(error) }, 'no command menu');
    });
  }

  /** Ends the connection where its receive path shows no life. */
  #watch(channel: Channel, life: AbortSignal): Timer {
    const { clock } = this.#options;
    const openedAt = clock.now();
    let timer: Timer;
    const look = (): void => {
      const silentMs = clock.now() - Math.max(openedAt, this.#status.receivePathWorkedAt ?? 0);
      if (silentMs > channel.abilities.deafAfterMs && this.#status.login === null) {
        this.#end?.(this.#deaf(silentMs));
      } else if (!life.aborted) {
        timer = clock.after(WATCH_MS, look);
      }
    };
    timer = clock.after(WATCH_MS, look);
    return { cancel: () => timer.cancel() };
  }

  #deaf(silentMs: number): ChannelError {
    return new ChannelError({
      channel: this.platform,
      method: 'receive',
      code: 'deaf',
      message: `Nothing has come in for ${Math.round(silentMs / 1000)} s, not even a sign of life.`,
      hint: 'A new connection is being made.',
      remedy: 'retry',
    });
  }

  /** The next connection is opened only after this one is closed, however long that takes. */
  async #close(channel: Channel): Promise<void> {
    const { clock, logger } = this.#options;
    const warning = clock.after(CLOSE_WARNING_MS, () => {
      this.#set({ reason: 'The old connection does not close. Restart Moby if this stays.' });
      logger.error({ channel: this.platform }, 'a connection does not close');
    });
    try {
      await channel.stop();
    } catch (error) {
      logger.error({ channel: this.platform, error: String(error) }, 'closing a connection failed');
    }
    warning.cancel();
  }

  /** What the adapter is given; dead as soon as its connection is. */
  #host(life: AbortSignal): ChannelHost {
    const { clock, logger, receive, pressed, memory, folder } = this.#options;
    const living = <T extends unknown[]>(act: (...given: T) => void) => {
      return (...given: T): void => {
        if (!life.aborted) act(...given);
      };
    };
    const arriving = <Given, Result>(take: (given: Given) => Promise<Result>) => {
      return (given: Given): Promise<Result> => {
        if (life.aborted) return Promise.reject(new Error('this connection is closed'));
        this.#set({ receivePathWorkedAt: clock.now() });
        return take(given);
      };
    };
    return {
      clock,
      logger,
      memory,
      folder,
      receive: arriving(receive),
      pressed: arriving(pressed),
      alive: living(() => this.#set({ receivePathWorkedAt: clock.now() })),
      lost: living((error: ChannelError) => this.#end?.(error)),
      warn: living((text: string | null) => this.#warn(text)),
      login: living((login) => this.#set({ login })),
    };
  }

  #warn(text: string | null): void {
    if (text === this.#warning) return;
    this.#warning = text;
    if (text !== null) this.#options.logger.warn({ channel: this.platform, why: text }, 'a channel warns');
    if (this.#status.state === 'up') this.#set({ reason: text });
  }

  #set(change: Partial<ChannelStatus>): void {
    const changed = change.state !== undefined && change.state !== this.#status.state;
    this.#status = {
      ...this.#status,
      ...change,
      ...(changed ? { since: this.#options.clock.now() } : {}),
    };
    if (Object.keys(change).some((field) => field !== 'receivePathWorkedAt')) this.#options.onChange();
  }

  /** The library is not there: nothing that a retry could mend. */
  #unusable(error: unknown): ChannelError {
    return new ChannelError({
      channel: this.platform,
      method: 'load',
      code: 'not-installed',
      message: `The ${this.platform} adapter could not be loaded (${(error as NodeJS.ErrnoException).code ?? 'error'}).`,
      hint: 'Run "npm install" in the folder of Mobyclaw, then start it again.',
      remedy: 'none',
      fatal: true,
      cause: error,
    });
  }

  #wrap(method: string, error: unknown): ChannelError {
    if (error instanceof ChannelError) return error;
    return unexpected(this.platform, method, 'retry', error);
  }

  #log(error: ChannelError): void {
    const { channel, method, code, fatal, message } = error;
    const at = framesOf(error.cause);
    this.#options.logger.warn({ channel, method, code, fatal, why: message, at }, 'a channel is down');
  }
}

/** Where an unknown error came from, without its message, which may hold an address with a token in it. */
function framesOf(cause: unknown): string[] | undefined {
  if (!(cause instanceof Error) || !cause.stack) return undefined;
  return cause.stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 5)
    .map((line) => line.trim());
}
