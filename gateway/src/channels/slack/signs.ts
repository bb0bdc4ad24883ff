/**
 * Signs of life in a chat: "is thinking…" under a thread, and an eye on the person's message where there is no thread.
 * Neither has to succeed; what the app may not do is not tried again on this connection.
 */
import type { ChannelKey } from '../channel.ts';
import type { SlackApi } from './api.ts';
import { SlackError } from './errors.ts';
import { placeOf, readMessageId } from './keys.ts';
import type { Receiver } from './receiver.ts';

export class Signs {
  readonly #api: SlackApi;
  readonly #receiver: Receiver;
  /** Threads that show a status, by channel key. */
  readonly #shown = new Map<ChannelKey, string>();
  readonly #refused = new Set<string>();

  constructor(api: SlackApi, receiver: Receiver) {
    this.#api = api;
    this.#receiver = receiver;
  }

  async typing(to: ChannelKey): Promise<void> {
    const { channel, thread, direct } = placeOf(to);
    const there = direct ? this.#receiver.directThread(channel) : thread;
    if (there === null) return;
    this.#shown.set(to, there);
    await this.#status(channel, there, 'is thinking…');
  }

  /** The answer is there. */
  clear(to: ChannelKey): void {
    const thread = this.#shown.get(to);
    if (thread === undefined) return;
    this.#shown.delete(to);
    void this.#status(placeOf(to).channel, thread, '');
  }

  async seen(to: ChannelKey, messageId: string): Promise<void> {
    const { channel } = placeOf(to);
    const { ts } = readMessageId(messageId);
    await this.#try('reactions.add', { channel, timestamp: ts, name: 'eyes' });
  }

  #status(channel_id: string, thread_ts: string, status: string): Promise<void> {
    return this.#try('assistant.threads.setStatus', { channel_id, thread_ts, status });
  }

  async #try(method: string, args: Record<string, unknown>): Promise<void> {
    if (this.#refused.has(method)) return;
    try {
      await this.#api.call(method, args);
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      if (error.code === 'missing_scope' || error.code === 'unknown_method') this.#refused.add(method);
    }
  }
}
