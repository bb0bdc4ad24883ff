/**
 * What a chat is shown of an answer while it comes into being: its place in the queue, typing, the text so far, what
 * tools are at work. It follows the turn's events; after a restart it follows them from the first one again.
 */
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import { endsTurn } from '@mobyclaw/protocol/events';
import type { LiveRow } from '../store/outbox-store.ts';
import type { DeliveryTarget } from '../store/turn-store.ts';

/** `shown` of a message that tells the place in the queue alone; else `shown` is the hash of its text. */
export const PLACE = 'place in the queue';

export class LiveReply {
  readonly turn: string;
  target: DeliveryTarget;
  /** Messages that show it, by number; as on disk. */
  readonly messages: Map<number, LiveRow>;
  /** If it is not known what the chat shows, or the platform refuses updates, then only the whole answer is sent. */
  updatesEnded = false;
  /** The platform refused the formatting, so the answer is shown as plain text. */
  plain = false;
  ended = false;
  /** When it first had something to show, in milliseconds since the epoch. */
  firstAt: number | null = null;
  #ahead = 0;
  #started = false;
  #text = '';
  #notice = '';
  readonly #tools = new Map<string, string>();

  readonly #showsPlace: boolean;

  /** @param showsPlace whether its place in the queue is told; not where it may be answered together with others */
  constructor(turn: string, target: DeliveryTarget, messages: readonly LiveRow[], showsPlace: boolean) {
    this.#showsPlace = showsPlace;
    this.turn = turn;
    this.target = target;
    this.messages = new Map(messages.map((row) => [row.number, row]));
  }

  /** Messages of the chat from before cannot be reached any more. */
  leaveMessages(): void {
    this.messages.clear();
    this.target = { channel: this.target.channel };
  }

  get started(): boolean {
    return this.#started && !this.ended;
  }

  /** The turn has not begun, so the chat can show no more than its place in the queue. */
  get waitsInLine(): boolean {
    return !this.#started;
  }

  /** It waits, and its place is told. */
  get queued(): boolean {
    return !this.#started && !this.ended && this.#showsPlace && this.#ahead > 0;
  }

  apply(event: NumberedEvent): void {
    if (endsTurn(event)) {
      this.ended = true;
      return;
    }
    switch (event.type) {
      case 'queued':
        this.#ahead = event.data.position;
        break;
      case 'started':
        this.#started = true;
        this.#tools.clear();
        break;
      case 'token':
        this.#text += event.data.text;
        this.#notice = '';
        break;
      case 'replace':
        this.#text = event.data.text;
        this.#tools.clear();
        break;
      case 'tool':
        if (event.data.phase === 'end') this.#tools.delete(event.data.id);
        else this.#tools.set(event.data.id, event.data.label);
        break;
      case 'notice':
        this.#notice = event.data.text;
        break;
      case 'reasoning':
      case 'usage':
        break;
    }
  }

  /**
   * Markdown; empty where there is nothing to show.
   * @param occupied the chat already shows something for this answer; if there are no words yet, that has to be replaced
   */
  view(occupied = this.messages.size > 0): string {
    if (!this.#started) {
      if (!this.queued) return '';
      return `🕒 Queued, ${this.#ahead} ${this.#ahead === 1 ? 'message is' : 'messages are'} ahead of it.`;
    }
    const lines = [...new Set(this.#tools.values())].map((label) => `⏳ ${label}…`);
    if (this.#notice !== '') lines.push(`ℹ️ ${this.#notice}`);
    if (this.#text.trim() === '' && lines.length === 0) {
      return occupied ? '⏳ Working on it…' : '';
    }
    return [this.#text, lines.join('\n\n')].filter((text) => text.trim() !== '').join('\n\n');
  }
}
