/**
 * The gateway's side of egress's control server: what it is told and asked, and what it tells. Events come over one connection
 * that is opened again whenever it ends; whoever comes back with the id of the last one is told what happened meanwhile.
 */
import { type IncomingMessage, request } from 'node:http';
import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { type EgressEvent, egressEventSchema } from '@mobyclaw/protocol/egress';
import { type PartAnswer, PartClient } from '../parts/part-client.ts';

const RETRY = { firstMs: 100, maxMs: 5000 };
const SILENCE_MS = 60_000; // a comment comes more often than that

export interface EgressClientOptions {
  url: string;
  token: string;
  clock: Clock;
  logger: Logger;
}

type Named<N extends EgressEvent['event']> = Extract<EgressEvent, { event: N }>['data'];

export class EgressClient {
  readonly #options: EgressClientOptions;
  readonly #part: PartClient;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<(event: EgressEvent) => void>();
  readonly #onUp = new Set<() => void>();
  #following: Promise<void> = Promise.resolve();
  #lastId: string | undefined;
  #isUp = false;

  constructor(options: EgressClientOptions) {
    this.#options = options;
    this.#part = new PartClient(options.url, options.token);
  }

  start(): void {
    this.#following = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  /** Whether its events come in. */
  get isUp(): boolean {
    return this.#isUp;
  }

  on<N extends EgressEvent['event']>(name: N, listener: (data: Named<N>) => void): void {
    this.#listeners.add((event) => {
      if (event.event === name) listener(event.data as Named<N>);
    });
  }

  /** It is reached again, and may be another process that knows nothing. */
  onUp(listener: () => void): void {
    this.#onUp.add(listener);
  }

  /** @returns null where it does not answer */
  request(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<PartAnswer | null> {
    return this.#part.request(method, path, {
      signal: this.#stop.signal,
      ...(body === undefined ? {} : { body }),
    });
  }

  async #follow(): Promise<void> {
    const { clock, logger } = this.#options;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#read(() => {
          failures = 0;
        });
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (failures === 0)
          logger.warn({ err: error }, 'egress cannot be reached; nothing unknown is let through');
      }
      this.#isUp = false;
      await pause(clock, backoffMs(++failures, RETRY), this.#stop.signal);
    }
  }

  #read(onUp: () => void): Promise<void> {
    const { url, token } = this.#options;
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        accept: 'text/event-stream',
        ...(this.#lastId === undefined ? {} : { 'last-event-id': this.#lastId }),
      };
      const call = request(new URL('/events', url), {
        headers,
        agent: false,
        timeout: SILENCE_MS,
        signal: this.#stop.signal,
      });
      call.on('timeout', () => call.destroy(new Error(`nothing for ${SILENCE_MS / 1000} s`)));
      call.on('error', reject);
      call.on('response', (response: IncomingMessage) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new Error(`HTTP ${response.statusCode}`));
          return;
        }
        onUp();
        this.#isUp = true;
        for (const listener of this.#onUp) listener();
        let rest = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          const blocks = `${rest}${text}`.split('\n\n');
          rest = blocks.pop() ?? '';
          for (const block of blocks) this.#take(block);
        });
        response.on('error', reject).on('close', resolve);
      });
      call.end();
    });
  }

  /** @param block of egress, which writes each field once, on a line of its own; without data it is a sign of life */
  #take(block: string): void {
    const { logger } = this.#options;
    const fields = new Map(
      block.split('\n').map((line) => [line.split(':', 1)[0], line.replace(/^\w*: ?/, '')]),
    );
    const data = fields.get('data');
    if (data === undefined) return;
    const name = fields.get('event');
    try {
      const event = egressEventSchema.parse({ event: name, data: JSON.parse(data) });
      for (const listener of this.#listeners) listener(event);
    } catch (error) {
      logger.error({ err: error, event: name }, 'an event of egress could not be taken');
    }
    this.#lastId = fields.get('id') ?? this.#lastId;
  }
}
