/**
 * A conversation that starts afresh: a new agent session, which costs fewer tokens and forgets what went stale, told the
 * recent exchanges unless the owner wants none. Whether a reset is due is decided when the next message comes, from the time
 * of the last one, so no timer is needed.
 */

import type { Shortening } from '../compaction/shortening.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';

/**
 * What one conversation of a schedule or a webhook holds at most before it begins anew, with the last exchanges carried
 * over: each run reads all that is in it, so that without a bound the thousandth costs a thousand times the first.
 */
const KEPT_RUNS = 20;
const KEPT_CHARS = 100_000; // some 25,000 tokens of prompts and answers
const KEPT_INPUT_TOKENS = 150_000; // of all calls of its last run, which read what tools brought too

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export type ResetWhy = 'new' | 'idle' | 'daily' | 'outgrown' | 'errand';

export interface ConversationResetOptions {
  store: Store;
  timeZone: string;
  /** Milliseconds without a message, or null. */
  idleMs: number | null;
  /** Time of day, or null. */
  daily: { hour: number; minute: number } | null;
  /** Null in tests that have no agent. */
  shortening: Pick<Shortening, 'begin'> | null;
  /** An agent session was left, and can be deleted. */
  onReset: () => void;
}

export class ConversationReset {
  readonly #options: ConversationResetOptions;

  constructor(options: ConversationResetOptions) {
    this.#options = options;
  }

  /**
   * @param carry whether the new agent session is told the recent exchanges
   * @param why it begins anew; an `errand` begins so by its nature, and leaves nothing that would have to be written down
   */
  reset(session: string, carry: boolean, now: number, why: ResetWhy = 'new'): void {
    const { store, shortening } = this.#options;
    store.transaction('durable', () => {
      const text = carry
        ? 'A new conversation began, with the recent exchanges carried over.'
        : 'A new conversation began.';
      store.sessions.touch(session, now);
      if (why === 'errand') store.compactions.dropSummaries(session);
      else shortening?.begin(session, why, now, carry);
      const marker = store.messages.insert({ session, turn: '', role: 'marker', text, at: now });
      const seedFrom = store.sessions.find(session)?.seedFrom ?? 0;
      store.sessions.reset(session, carry ? seedFrom : marker);
    });
    this.#options.onReset();
  }

  /** Resets the session where the settings say so, or nobody asked for one conversation, before a turn that starts at `now`. */
  applyDue({ session, source }: Pick<TurnRow, 'session' | 'source'>, now: number): void {
    const { store, idleMs } = this.#options;
    // What Moby sent by himself does not count, because a brief each morning would put off every reset.
    const last = store.messages.lastSaid(session);
    if (!last || last.role === 'marker') return;
    if (source === 'webhook' && store.hooks.find(hookOf(session))?.session !== 'keep') {
      this.reset(session, false, now, 'errand');
      return;
    }
    if ((source === 'webhook' || source === 'cron') && this.#outgrown(session, last.turn)) {
      this.reset(session, true, now, 'outgrown');
      return;
    }
    const idle = idleMs !== null && now - last.at >= idleMs;
    if (idle) this.reset(session, true, now, 'idle');
    else if (this.#dayEnded(last.at, now)) this.reset(session, true, now, 'daily');
  }

  #outgrown(session: string, lastTurn: string): boolean {
    const { store } = this.#options;
    const { asked, chars } = store.messages.sinceMarker(session);
    const inputTokens = store.turns.find(lastTurn)?.usage?.inputTokens ?? 0;
    return asked >= KEPT_RUNS || chars > KEPT_CHARS || inputTokens > KEPT_INPUT_TOKENS;
  }

  #dayEnded(last: number, now: number): boolean {
    const { daily, timeZone } = this.#options;
    return daily !== null && dayAt(now, daily, timeZone) > dayAt(last, daily, timeZone);
  }
}

/** Its name, of `webhook:<name>`. */
function hookOf(session: string): string {
  return session.slice(session.indexOf(':') + 1);
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
