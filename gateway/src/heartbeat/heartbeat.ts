/**
 * Wakes Moby by himself, and speaks only when there is something to say.
 *
 * Reads HEARTBEAT.md and the state of the memory from the memory server, writes `heartbeat` and `beats`. Before the
 * model is asked the gateway looks for a reason: the checklist, the memory or the conversations have changed since the
 * last settled beat, or something in the list is due. Without one there is no call. Beats keep their phase through a
 * restart, never pile up, back off while the agent fails and come back by themselves. A beat's slot is claimed before
 * work, and its prompt and delivery carry the slot's key, so that a beat cut off by a crash is gone on with.
 */

import type { ActiveHours } from '@mobyclaw/lib/active-hours';
import { backoffMs } from '@mobyclaw/lib/backoff';
import type { Timer } from '@mobyclaw/lib/clock';
import { localTime } from '@mobyclaw/lib/local-time';
import type { HeartbeatFiles } from '@mobyclaw/protocol/heartbeat';
import { isActive, nextOpening } from '../calendar/active-hours.ts';
import { DeliveryRefusedError } from '../channels/delivery-refused.ts';
import type { BeatChange, BeatOutcome, BeatRow, HeartbeatState, Seen } from '../store/heartbeat-store.ts';
import {
  type BackgroundPorts,
  DELIVERY_RETRY,
  OVER_BUDGET,
  type OwnerChannels,
  STORE_RETRY_MS,
  type TurnOutcome,
} from '../unasked/ports.ts';
import { checklistItems, dueItem } from './checklist.ts';
import { findingOf } from './heartbeat-ok.ts';
import { HEARTBEAT_NOTES, heartbeatPrompt } from './heartbeat-prompt.ts';
import { look, reasonToAsk } from './news.ts';

export const HEARTBEAT_SESSION = 'heartbeat:main';
const WAKE_MS = 30_000; // Node's timers stand still while the machine sleeps
const LONGEST_BACKOFF_MS = 4 * 3_600_000;
const REPEAT_MS = 24 * 3_600_000; // the same finding is not told again within it
const DELIVERY_GIVEN_UP_MS = 24 * 3_600_000;
const BEATS_KEPT = 500;

export interface HeartbeatOptions extends Omit<BackgroundPorts, 'channels'> {
  channels: Pick<OwnerChannels, 'home'>;
  /** Why the budget does not let the model be asked now; null where it does. */
  refusal: () => Promise<string | null>;
  /** From the memory server; null where it does not answer. */
  files: () => Promise<HeartbeatFiles | null>;
  timeZone: string;
  intervalMs: number;
  activeHours: ActiveHours;
}

/** A beat is under way. */
export class HeartbeatBusyError extends Error {
  override name = 'HeartbeatBusyError';
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: Timer | null = null;
  #nextAt = 0;
  #lastSeen = 0;
  #asking = false;
  #stopped = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Goes on with what was left open, and with the phase as it was. */
  start(): void {
    const { store, clock } = this.#options;
    this.#lastSeen = clock.now();
    this.#keepNear();
    for (const beat of store.heartbeat.open()) this.#drive(beat.seq);
    this.#sleep();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Beats now, whether or not anything has changed. @returns the number of the beat @throws HeartbeatBusyError */
  beatNow(): number {
    const { store, clock } = this.#options;
    if (this.#asking) throw new HeartbeatBusyError('A heartbeat is under way. Wait for it to end.');
    const beat = store.heartbeat.claim(clock.now(), 'manual', clock.now());
    if (!beat) throw new HeartbeatBusyError('There was a heartbeat this very moment.');
    this.#drive(beat.seq);
    return beat.seq;
  }

  /** Sees to it that the next beat is at most one interval away, whatever the clock or the configuration did. */
  #keepNear(): void {
    const { store, clock, intervalMs } = this.#options;
    const { nextAt, failures } = store.heartbeat.state();
    const now = clock.now();
    const furthest = now + (failures > 0 ? this.#pauseMs(failures) : intervalMs);
    if (nextAt !== null && nextAt <= furthest) this.#nextAt = nextAt;
    else this.#plan(furthest);
  }

  #plan(nextAt: number): void {
    const { store, clock } = this.#options;
    store.heartbeat.setState({ nextAt, plannedAt: clock.now() });
    this.#nextAt = nextAt;
  }

  #sleep(): void {
    this.#timer?.cancel();
    if (this.#stopped) return;
    const { clock } = this.#options;
    const ms = Math.max(0, this.#nextAt - clock.now());
    this.#timer = clock.after(Math.min(ms, WAKE_MS), () => this.#wake());
  }

  #wake(): void {
    const { clock, logger } = this.#options;
    const now = clock.now();
    const setBack = now < this.#lastSeen;
    this.#lastSeen = now;
    if (setBack) this.#keepNear();
    if (now < this.#nextAt) {
      this.#sleep();
      return;
    }
    this.#beat(this.#nextAt).then(
      () => this.#sleep(),
      (error: unknown) => {
        if (this.#stopped) return;
        logger.error({ err: error }, 'the heartbeat could not go on yet');
        this.#timer = clock.after(STORE_RETRY_MS, () => this.#wake());
      },
    );
  }

  async #beat(slot: number): Promise<void> {
    const { store, clock, calendar, timeZone, intervalMs, activeHours } = this.#options;
    const zone = (await calendar()).zone(timeZone);
    if (this.#stopped) return;
    const now = clock.now();
    if (!isActive(activeHours, now, zone)) {
      this.#plan(nextOpening(activeHours, now, zone));
      return;
    }
    const following = slot + (Math.floor((now - slot) / intervalMs) + 1) * intervalMs;
    const open = isActive(activeHours, following, zone);
    const nextAt = open ? following : nextOpening(activeHours, following, zone);
    const beat = store.transaction('durable', () => {
      this.#plan(nextAt);
      return store.heartbeat.claim(slot, 'schedule', now);
    });
    if (!beat) return;
    if (this.#asking) this.#end(beat, 'busy', { detail: 'The beat before was still at work.' });
    else this.#drive(beat.seq);
  }

  #drive(seq: number): void {
    const { store, clock, logger } = this.#options;
    const beat = store.heartbeat.find(seq);
    if (this.#stopped || !beat || beat.state === 'ended') return;
    const asks = beat.state === 'asking';
    if (asks) this.#asking = true;
    const work = asks ? this.#ask(beat) : this.#deliver(beat);
    work
      .catch((error: unknown) => {
        if (this.#stopped) return;
        logger.error({ err: error, beat: seq }, 'a heartbeat could not go on yet');
        clock.after(STORE_RETRY_MS, () => this.#drive(seq));
      })
      .finally(() => {
        if (asks) this.#asking = false;
      });
  }

  async #ask(beat: BeatRow): Promise<void> {
    const { store, prompts, files, calendar, timeZone, clock, intervalMs } = this.#options;
    let { turn, seen } = beat;
    if (turn === null || seen === null) {
      const found = await files();
      const zone = (await calendar()).zone(timeZone);
      if (this.#stopped) return;
      if (!found) {
        this.#failed(beat, 'The memory server does not answer, so the checklist is not known.', null);
        return;
      }
      const items = checklistItems(found.text ?? '');
      if (items.length === 0) {
        this.#end(beat, 'empty', { detail: 'HEARTBEAT.md lists nothing.' });
        return;
      }
      const state = store.heartbeat.state();
      const now = clock.now();
      const slot = beat.slot + Math.max(0, Math.floor((now - beat.slot) / intervalMs)) * intervalMs;
      seen = { ...look(items, found, store.heartbeat.newestMessage()), at: now, slot };
      const due = (after: number): string | null =>
        dueItem(items, found.times, { after, now, elapsedMs: slot - (state.seen?.slot ?? after) }, zone);
      const why = beat.trigger === 'manual' ? 'you asked for it' : reasonToAsk(state, seen, due);
      if (why === null) {
        this.#end(beat, 'unchanged', { detail: unchanged(state, timeZone) });
        return;
      }
      const refusal = await this.#options.refusal();
      if (this.#stopped) return;
      if (refusal !== null) {
        // It is asked before there is a turn, because a refused turn would leave an unanswered prompt in the conversation.
        this.#end(beat, 'refused', { why, detail: refusal });
        return;
      }
      const reason = beat.trigger === 'manual' ? 'the owner asked for it' : why;
      turn = await prompts.accept({
        key: `${HEARTBEAT_SESSION}@${beat.slot}`,
        session: HEARTBEAT_SESSION,
        source: 'heartbeat',
        prompt: heartbeatPrompt(found.text ?? '', state, timeZone, reason),
        notes: HEARTBEAT_NOTES,
        guest: false,
        fresh: true,
        repeats: [],
      });
      if (this.#stopped) return;
      store.heartbeat.update(beat.seq, { turn, seen, why });
    }
    const outcome = await prompts.outcome(turn);
    if (this.#stopped) return;
    await this.#settle(beat, seen, outcome);
  }

  async #settle(beat: BeatRow, seen: Seen, { state, text, error, usage }: TurnOutcome): Promise<void> {
    const { store, clock, files } = this.#options;
    if (error?.code === OVER_BUDGET) {
      // The agent has not failed, so the beats keep their rhythm and ask again once there is a budget.
      this.#end(beat, 'refused', { detail: error.message, usage });
      return;
    }
    if (state === 'failed') {
      this.#failed(beat, error?.message ?? 'The agent failed.', usage);
      return;
    }
    if (state === 'cancelled') {
      this.#end(beat, 'cancelled', { usage, detail: error?.message ?? null });
      return;
    }
    // What the beat itself changed must not count as a change at the next one; what people said meanwhile does.
    const found = await files();
    if (this.#stopped) return;
    const after = found
      ? look(checklistItems(found.text ?? ''), found, store.heartbeat.newestMessage())
      : seen;
    const settled = {
      seen: after.message === seen.message ? { ...seen, ...after } : seen,
      askedAt: seen.at ?? beat.startedAt,
      failures: 0,
    };
    const finding = findingOf(text);
    const { told, toldAt } = store.heartbeat.state();
    const repeated = finding !== null && finding === told && clock.now() - (toldAt ?? 0) < REPEAT_MS;
    if (finding !== null && !repeated) {
      store.transaction('durable', () => {
        store.heartbeat.setState({ ...settled, told: finding, toldAt: clock.now() });
        store.heartbeat.update(beat.seq, { state: 'delivering', text: finding, usage });
      });
      await this.#deliver({ ...beat, text: finding });
      return;
    }
    store.transaction('relaxed', () => {
      store.heartbeat.setState(settled);
      const detail = repeated ? 'It was told within the last day.' : 'There was nothing to say.';
      this.#end(beat, repeated ? 'repeated' : 'quiet', { usage, text: finding, detail });
    });
  }

  async #deliver(beat: BeatRow): Promise<void> {
    const { store, clock, deliver, channels } = this.#options;
    const channel = beat.channel ?? channels.home();
    try {
      await deliver(channel, beat.text ?? '', `${HEARTBEAT_SESSION}@${beat.slot}`, 'heartbeat');
    } catch (error) {
      if (this.#stopped) return;
      const detail = error instanceof Error ? error.message : String(error);
      const tooLate = clock.now() - beat.startedAt > DELIVERY_GIVEN_UP_MS;
      if (error instanceof DeliveryRefusedError || tooLate) {
        this.#end(beat, 'undelivered', { channel, detail });
        return;
      }
      const tries = beat.tries + 1;
      const waitMs = backoffMs(tries, DELIVERY_RETRY);
      store.heartbeat.update(beat.seq, { tries, detail });
      clock.after(waitMs, () => this.#drive(beat.seq));
      return;
    }
    if (!this.#stopped) this.#end(beat, 'found', { channel });
  }

  #failed(beat: BeatRow, detail: string, usage: BeatRow['usage']): void {
    const { store, clock } = this.#options;
    const failures = store.heartbeat.state().failures + 1;
    store.transaction('relaxed', () => {
      store.heartbeat.setState({ failures });
      this.#plan(Math.max(this.#nextAt, clock.now() + this.#pauseMs(failures)));
      this.#end(beat, 'failed', { detail, usage });
    });
  }

  #end(beat: BeatRow, outcome: BeatOutcome, change: BeatChange): void {
    const { store, clock, logger } = this.#options;
    store.transaction('relaxed', () => {
      store.heartbeat.update(beat.seq, { ...change, state: 'ended', outcome, finishedAt: clock.now() });
      store.heartbeat.prune(BEATS_KEPT);
    });
    logger.debug({ beat: beat.seq, outcome }, 'a heartbeat ended');
  }

  /** The interval, doubled with each failure. */
  #pauseMs(failures: number): number {
    const { intervalMs } = this.#options;
    return Math.min(intervalMs * 2 ** failures, Math.max(intervalMs, LONGEST_BACKOFF_MS));
  }
}

function unchanged({ askedAt }: HeartbeatState, timeZone: string): string {
  if (askedAt === null) return 'Nothing has changed, and nothing is due.';
  const { date, time } = localTime(askedAt, timeZone);
  return `Nothing has changed since ${date} ${time}, and nothing is due.`;
}
