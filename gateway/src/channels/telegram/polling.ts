/**
 * Long polling of our own over telegraf's client. telegraf's own loop tells Telegram that a whole batch arrived before
 * its handlers are done, dies on any 4xx, and awaits each handler before the next poll; here an update is on disk before
 * the offset moves past it, and nothing waits for the agent.
 * https://core.telegram.org/bots/api#getupdates
 */
import { pause } from '@mobyclaw/lib/clock';
import type { Update } from 'telegraf/types';
import type { ChannelHost } from '../channel.ts';
import type { BotApi } from './api.ts';
import { pressIn, takePress } from './buttons.ts';
import { toEvents } from './inbound.ts';
import type { Me } from './message-text.ts';

const UPDATES = ['message', 'edited_message', 'callback_query'] as const;
const BATCH = 100; // the most that Telegram gives
/** A server that does not hold a poll open, as a proxy or a stand-in may not, is not asked more often than that. */
const EMPTY_PAUSE_MS = 1000;
const STORE_RETRY_MS = 1000; // the disk is full: Telegram keeps what we do not take

export interface PollingOptions {
  api: BotApi;
  me: Me;
  host: ChannelHost;
  signal: AbortSignal;
  /** How long Telegram holds a poll open when there is nothing, in seconds. */
  holdSeconds: number;
  /** What a poll may take beyond that, in milliseconds. */
  marginMs: number;
}

export class Polling {
  readonly #options: PollingOptions;
  #offset: number | null = null;

  constructor(options: PollingOptions) {
    this.#options = options;
  }

  /**
   * One poll that does not wait: it shows that messages can come in.
   * @throws TelegramError
   */
  async first(): Promise<void> {
    await this.#poll(0);
  }

  /**
   * Polls until the signal is aborted.
   * @throws TelegramError, at the first poll that fails
   */
  async run(): Promise<void> {
    const { signal, holdSeconds } = this.#options;
    while (!signal.aborted) await this.#poll(holdSeconds);
  }

  async #poll(holdSeconds: number): Promise<void> {
    const { api, host, signal, marginMs } = this.#options;
    const askedAt = host.clock.now();
    const updates = await api.call(
      'getUpdates',
      {
        limit: BATCH,
        timeout: holdSeconds,
        allowed_updates: UPDATES,
        ...(this.#offset === null ? {} : { offset: this.#offset }),
      },
      { timeoutMs: holdSeconds * 1000 + marginMs, signal },
    );
    host.alive();
    const last = updates.at(-1);
    if (!last) {
      const heldMs = host.clock.now() - askedAt;
      if (holdSeconds > 0 && heldMs < EMPTY_PAUSE_MS)
        await pause(host.clock, EMPTY_PAUSE_MS - heldMs, signal);
      return;
    }
    if (await this.#take(updates)) this.#offset = last.update_id + 1;
    else await pause(host.clock, STORE_RETRY_MS, signal);
  }

  /** @returns whether all of it is on disk */
  async #take(updates: readonly Update[]): Promise<boolean> {
    const results = await Promise.allSettled(updates.flatMap((update) => this.#read(update)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) {
      this.#options.host.logger.error(
        { channel: 'telegram', err: failed.reason },
        'updates could not be stored yet',
      );
    }
    return failed === undefined;
  }

  /**
   * An update that we cannot read is passed over: it would come again for ever.
   * @returns what is being stored of it
   */
  #read(update: Update): Promise<void>[] {
    const { host, me, api } = this.#options;
    try {
      const press = pressIn(update, me);
      if (press) return [takePress(press, host, api)];
      return toEvents(update, me).map((event) => host.receive(event));
    } catch (error) {
      host.logger.error(
        { channel: 'telegram', update: update.update_id, err: error },
        'an update could not be read and was passed over',
      );
      return [];
    }
  }
}
