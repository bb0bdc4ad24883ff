/** Shows in a chat that Moby is at work, as long as one caller wants it shown. */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import { platformOf } from '@mobyclaw/protocol/session-key';
import type { Channel, ChannelKey } from '../channels/channel.ts';

const MARGIN_MS = 1000; // the sign is renewed before it goes out

export class TypingSigns {
  readonly #channel: (platform: string) => Channel | null;
  readonly #current: (chat: ChannelKey) => ChannelKey;
  readonly #clock: Clock;
  readonly #shown = new Map<ChannelKey, { wanted: number; timer: Timer | null }>();
  #closed = false;

  /** @param current the key that a chat has now */
  constructor(
    channel: (platform: string) => Channel | null,
    current: (chat: ChannelKey) => ChannelKey,
    clock: Clock,
  ) {
    this.#channel = channel;
    this.#current = current;
    this.#clock = clock;
  }

  /** @returns ends it; the sign goes when the last caller has ended it, and a second call does nothing */
  show(chat: ChannelKey): () => void {
    const sign = this.#shown.get(chat) ?? { wanted: 0, timer: null };
    this.#shown.set(chat, sign);
    sign.wanted++;
    if (sign.wanted === 1) this.#beat(chat);
    let done = false;
    return () => {
      if (done) return;
      done = true;
      sign.wanted--;
      if (sign.wanted > 0) return;
      sign.timer?.cancel();
      this.#shown.delete(chat);
    };
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#shown.values()) timer?.cancel();
  }

  #beat(chat: ChannelKey): void {
    const sign = this.#shown.get(chat);
    if (this.#closed || !sign) return;
    const channel = this.#channel(platformOf(chat));
    const typingMs = channel?.abilities.typingMs ?? null;
    if (channel && typingMs !== null) void channel.typing(this.#current(chat));
    sign.timer = this.#clock.after(typingMs === null ? MARGIN_MS : typingMs - MARGIN_MS, () =>
      this.#beat(chat),
    );
  }
}

/** The sign of one turn: shown while it is at work, and not while it waits for a person. */
export class TurnTyping {
  readonly #show: () => () => void;
  #hide: (() => void) | null = null;
  #ended = false;

  /** @param show @returns ends it */
  constructor(show: () => () => void) {
    this.#show = show;
  }

  waits(waits: boolean): void {
    if (waits) {
      this.#hide?.();
      this.#hide = null;
    } else if (!this.#ended) {
      this.#hide ??= this.#show();
    }
  }

  end(): void {
    this.#ended = true;
    this.waits(true);
  }
}
