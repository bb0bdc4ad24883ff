/**
 * What the page knows of what happens: the turns under way, what is new in the history, which subjects have changed. One
 * block of the line is applied as one change, so that nothing is painted of half of it.
 */
import type { ChangedTopic, LiveEvent } from '@mobyclaw/protocol/live';
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import { LiveTurn } from './live-turns.ts';

export interface MessageHead {
  id: number;
  session: string;
  turn: string;
  role: 'user' | 'assistant' | 'marker';
}

export interface LiveListener {
  /** Its turns are kept when they have ended, until `settle` says that their messages are shown. */
  session?: string;
  /** New in the history, in its order. */
  onMessages?(heads: readonly MessageHead[]): void;
  /** Turns that have ended. */
  onEnded?(turns: readonly LiveTurn[]): void;
  onChanged?(topics: ReadonlySet<ChangedTopic>): void;
  /** The line is there, for the first time or again. Not resumed: ask again for what is shown. */
  onHello?(hello: { resumed: boolean; lastMessage: number }): void;
}

const MOST_REMEMBERED = 100;

export class Live {
  readonly #turns = signal<readonly LiveTurn[]>([]);
  readonly #byTurn = new Map<number, LiveTurn>();
  readonly #listeners = new Set<LiveListener>();
  /** Turns that were followed to their end, by their key, for the steps and thoughts that the history does not keep. */
  readonly #ended = new Map<string, LiveTurn>();
  /** The turn that `more` goes on with. */
  #saying: LiveTurn | null = null;
  /** Of the gateway. */
  readonly version = signal<string | null>(null);

  /** In the order of arrival; one that has ended stays until its messages are shown. */
  get turns(): ReadonlySignal<readonly LiveTurn[]> {
    return this.#turns;
  }

  /** @returns stops listening */
  listen(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes turns away whose messages are shown otherwise. */
  settle(turns: readonly LiveTurn[]): void {
    for (const turn of turns) {
      this.#byTurn.delete(turn.turn);
      this.#ended.set(turn.key, turn);
    }
    for (const key of this.#ended.keys()) {
      if (this.#ended.size <= MOST_REMEMBERED) break;
      this.#ended.delete(key);
    }
    this.#publish();
  }

  /** A turn that was followed here, be it under way or over. */
  followed(key: string): LiveTurn | null {
    return this.#turns.value.find((turn) => turn.key === key) ?? this.#ended.get(key) ?? null;
  }

  /** More text of the turn that spoke last. */
  more(text: string): void {
    this.#saying?.more(text);
  }

  /** A block with an id. */
  apply(events: readonly LiveEvent[]): void {
    const [first] = events;
    batch(() => {
      if (first?.type === 'hello') this.#saying?.takeBack();
      else this.#saying?.keep();
      this.#apply(events);
      const last = events.at(-1);
      this.#saying = last?.type === 'token' ? (this.#byTurn.get(last.turn) ?? null) : null;
    });
  }

  #apply(events: readonly LiveEvent[]): void {
    const heads: MessageHead[] = [];
    const ended: LiveTurn[] = [];
    const topics = new Set<ChangedTopic>();
    let open: ReadonlySet<number> | null = null;
    let hello: { resumed: boolean; lastMessage: number } | null = null;
    for (const event of events) {
      switch (event.type) {
        case 'hello':
          this.version.value = event.version;
          open = new Set(event.open);
          hello = { resumed: event.resumed, lastMessage: event.lastMessage };
          if (!event.resumed) this.#byTurn.clear();
          break;
        case 'turn': {
          const known = this.#byTurn.get(event.turn);
          if (known) {
            known.prompt.value = event.prompt;
            known.mergedInto.value = event.mergedInto ?? null;
          } else this.#byTurn.set(event.turn, new LiveTurn(event));
          break;
        }
        case 'message': {
          const { type: _, ...head } = event;
          heads.push(head);
          break;
        }
        case 'changed':
          for (const topic of event.topics) topics.add(topic);
          break;
        default: {
          const turn = this.#byTurn.get(event.turn);
          if (turn?.apply(event) && turn.ending.value) ended.push(turn);
        }
      }
    }
    if (open !== null) ended.push(...this.#lost(open));
    this.#publish();
    for (const listener of [...this.#listeners]) {
      if (heads.length > 0) listener.onMessages?.(heads);
      if (ended.length > 0) listener.onEnded?.(ended);
      if (topics.size > 0) listener.onChanged?.(topics);
      if (hello) listener.onHello?.(hello);
    }
    const kept = new Set([...this.#listeners].map(({ session }) => session));
    const unread = ended.filter(({ session }) => !kept.has(session));
    if (unread.length > 0) this.settle(unread);
  }

  /** Turns that have ended while the line was down, and of whose end nothing is kept. */
  #lost(open: ReadonlySet<number>): LiveTurn[] {
    const lost = [...this.#byTurn.values()].filter(({ turn, ending }) => !open.has(turn) && !ending.value);
    for (const turn of lost) turn.lose();
    return lost;
  }

  #publish(): void {
    const turns = [...this.#byTurn.values()].sort((a, b) => a.turn - b.turn);
    const before = this.#turns.value;
    if (turns.length !== before.length || turns.some((turn, index) => turn !== before[index]))
      this.#turns.value = turns;
  }
}
