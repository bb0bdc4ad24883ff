/**
 * A conversation that starts afresh: a new agent session, which costs fewer tokens and forgets what went stale, told the
 * recent exchanges unless the owner wants a clean slate. Automatic resets are decided when the next message comes, from
 * when the last one was; no timer has to survive anything.
 */

import type { Store } from '../store/store.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface ConversationResetOptions {
  store: Store;
  timeZone: string;
  /** Milliseconds without a message, or null. */
  idleMs: number | null;
  /** Time of day, or null. */
  daily: { hour: number; minute: number } | null;
  /** An agent session was left, and can be deleted. */
  onReset: () => void;
}

export class ConversationReset {
  readonly #options: ConversationResetOptions;

  constructor(options: ConversationResetOptions) {
    this.#options = options;
  }

  /** @param carry whether the new agent session is told the recent exchanges */
  reset(session: string, carry: boolean, now: number): void {
    const { store } = this.#options;
    store.transaction('durable', () => {
      const text = carry
        ? 'A new conversation began, with the recent exchanges carried over.'
        : 'A new conversation began.';
      store.sessions.touch(session, now);
      const marker = store.messages.insert({ session, turn: '', role: 'marker', text, at: now });
      const seedFrom = store.sessions.find(session)?.seedFrom ?? 0;
      store.sessions.reset(session, carry ? seedFrom : marker);
    });
    this.#options.onReset();
  }

  /** Resets the session where the settings say so, before a turn that starts at `now`. */
  applyDue(session: string, now: number): void {
    // What Moby sent by himself is no conversation: a brief each morning would put every reset off.
    const last = this.#options.store.messages.lastSaid(session);
    if (!last || last.role === 'marker') return;
    const { idleMs } = this.#options;
    const idle = idleMs !== null && now - last.at >= idleMs;
    if (idle || this.#dayEnded(last.at, now)) this.reset(session, true, now);
  }

  #dayEnded(last: number, now: number): boolean {
    const { daily, timeZone } = this.#options;
    return daily !== null && dayAt(now, daily, timeZone) > dayAt(last, daily, timeZone);
  }
}

/** Number of the day that began at the last `start` on the clock of that place, however long clocks there made it. */
function dayAt(at: number, start: { hour: number; minute: number }, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  });
  const parts = format.formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((item) => item.type === type)?.value);
  const clock = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return Math.floor((clock - (start.hour * 60 + start.minute) * MINUTE_MS) / DAY_MS);
}
