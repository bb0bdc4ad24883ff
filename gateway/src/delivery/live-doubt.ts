/**
 * Messages into which an answer was streamed and of which nobody knows whether they are there: the process was killed, or the
 * line was cut, while the first words were being sent. A platform that knows a repeat by its nonce is asked with the same one,
 * and says under which id the message is; then the whole answer is brought into it, instead of beside it.
 *
 * What cannot be found out in the time in which the platform knows nonces is left alone, and the answer comes as a new one.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Channel, ChannelKey } from '../channels/channel.ts';
import type { ChannelError } from '../channels/channel-error.ts';
import type { RenderedPart } from '../render/part.ts';
import type { DeliveryRow, LiveRow } from '../store/outbox-store.ts';
import type { Store } from '../store/store.ts';
import type { LivePace } from './live-pace.ts';
import type { LiveStep } from './live-step.ts';

const RETRY_MS = 5000;
const SOMETHING: RenderedPart = { text: '…', plain: '…' }; // of what is taken back at once

/** Of a row without an id, after a repeat: whatever the message shows, it is not what it should. */
export const SHOWS_ANYTHING = '';

/** @returns whether it can be found out, at `now` (milliseconds since the epoch), if the message of a row is there */
export function isOpen({ message, nonce, begunAt }: LiveRow, { abilities }: Channel, now: number): boolean {
  return message === null && nonce !== null && now - begunAt < abilities.sendRepeatableMs;
}

export interface LiveDoubtOptions {
  key: ChannelKey;
  store: Store;
  clock: Clock;
  pace: LivePace;
  report: (error: ChannelError) => void;
  render: (markdown: string, channel: Channel) => RenderedPart[];
}

export class LiveDoubt {
  readonly #options: LiveDoubtOptions;

  constructor(options: LiveDoubtOptions) {
    this.#options = options;
  }

  /** What is to be found out before the answer is split, or when; null where there is nothing. */
  next(delivery: DeliveryRow, channel: Channel, now: number): LiveStep | null {
    if (delivery.turn === null) return null;
    const { store, pace } = this.#options;
    const turn = delivery.turn;
    const row = store.outbox.live(turn).find((one) => isOpen(one, channel, now));
    if (!row) return null;
    const dueAt = pace.notBefore;
    return dueAt > now ? { dueAt } : { dueAt, step: () => this.#repeat(delivery, turn, row, channel) };
  }

  async #repeat(delivery: DeliveryRow, turn: string, row: LiveRow, channel: Channel): Promise<void> {
    const { key, store, pace, report, render } = this.#options;
    const parts = render(delivery.text, channel);
    const part = parts[row.number] ?? parts[0] ?? SOMETHING;
    const reply = row.number === 0 && delivery.replyTo !== null ? { replyTo: delivery.replyTo } : {};
    const result = await channel.send(key, part, { nonce: row.nonce ?? '', live: false, ...reply });
    const save = (change: Partial<LiveRow>): void =>
      store.transaction('relaxed', () => store.outbox.setLive(turn, key, { ...row, ...change }));
    if (result.status === 'sent') {
      save({ message: result.ids[0] ?? null, shown: SHOWS_ANYTHING, nonce: null });
      return;
    }
    const { error } = result;
    if (error.fatal) report(error);
    if (result.status === 'failed' && error.remedy === 'retry') {
      pace.slowDown(channel, error.retryAfterMs ?? RETRY_MS);
    } else save({ nonce: null });
  }
}
