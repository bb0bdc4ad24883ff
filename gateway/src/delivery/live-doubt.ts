/**
 * Messages of which it is not known whether they arrived, because the process was killed or the connection broke while the
 * first words of an answer were being sent. If the platform recognises a repeat by its nonce, then the message is sent again
 * with the same nonce; the platform tells its id, and the whole answer replaces its text instead of coming as a second message.
 *
 * If that cannot be found out as long as the platform knows the nonce, then the answer is sent as a new message.
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
const PLACEHOLDER: RenderedPart = { text: '…', plain: '…' }; // if the answer is empty; the message is then removed

/**
 * `shown` of a message that was sent again by its nonce. If the first try had arrived, then the platform keeps that text and
 * drops the new one, so it is not known what the message shows; an edit brings it up to date.
 */
export const UNKNOWN_TEXT = '';

/** @returns whether the platform can still tell if the message of a row arrived, at `now` (milliseconds since the epoch) */
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
    const part = parts[row.number] ?? parts[0] ?? PLACEHOLDER;
    const reply = row.number === 0 && delivery.replyTo !== null ? { replyTo: delivery.replyTo } : {};
    const result = await channel.send(key, part, { nonce: row.nonce ?? '', live: false, ...reply });
    const save = (change: Partial<LiveRow>): void =>
      store.transaction('relaxed', () => store.outbox.setLive(turn, key, { ...row, ...change }));
    if (result.status === 'sent') {
      save({ message: result.ids[0] ?? null, shown: UNKNOWN_TEXT, nonce: null });
      return;
    }
    const { error } = result;
    if (error.fatal) report(error);
    if (result.status === 'failed' && error.remedy === 'retry') {
      pace.slowDown(channel, error.retryAfterMs ?? RETRY_MS);
    } else save({ nonce: null });
  }
}
