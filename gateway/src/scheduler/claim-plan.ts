/**
 * What to do with the slots of a job that are due: which run, which wait, which are left out and why, and which comes
 * next. It reads no clock and no store, so the rules of misfire, overlap, backoff and ending stand in one place. Every slot
 * has a row of its own, or is counted by the row of another slot.
 */

import { endingAt, type Slots, slotsBetween } from '../calendar/schedule.ts';
import type { JobRow, RunState, RunTrigger, Stretch } from '../store/job-rows.ts';

export const MISFIRE_AFTER_MS = 60_000; // a restart or a busy moment is not a missed time
export const MOST_MADE_UP = 100; // missed times that misfire "all" makes up for, and that are counted one by one
export const MOST_WAITING = 100; // runs that wait behind one another

export interface PlannedRow extends Stretch {
  slot: number;
  trigger: RunTrigger;
  /** `ended`: the slot is left out. */
  state: Extract<RunState, 'running' | 'waiting' | 'ended'>;
  /** It runs while another one does, so it needs a conversation of its own. */
  beside: boolean;
  detail: string | null;
}

export interface ClaimPlan {
  /** In the order of their slots. */
  rows: PlannedRow[];
  next: number | null;
}

export interface ClaimInput {
  job: JobRow;
  slots: Slots;
  maxAgeMs: number | null;
  now: number;
  /** Runs of the job that still work on their prompt, and those that wait. */
  working: number;
  waiting: number;
  /** Whether a slot has a row already. If the clock was set back, then it may; such a slot is neither run nor counted again. */
  isClaimed: (slot: number) => boolean;
}

export function planClaim(input: ClaimInput): ClaimPlan {
  const { job, slots, maxAgeMs, now, working, waiting, isClaimed } = input;
  const { misfire, overlap, count, until } = job.definition;
  const within = endingAt(slots, until);
  const isLate = (slot: number): boolean => now - slot > MISFIRE_AFTER_MS;
  const rows: PlannedRow[] = [];
  let runs = 0;
  const leaveOut = (stretch: Stretch, detail: string): void => {
    const before = rows.at(-1);
    if (before?.state === 'ended' && before.detail === detail) {
      Object.assign(before, { times: before.times + stretch.times, lastSlot: stretch.lastSlot });
      before.slot = stretch.lastSlot;
    } else {
      const slot = stretch.lastSlot;
      rows.push({ ...stretch, slot, trigger: 'schedule', state: 'ended', beside: false, detail });
    }
  };

  const { older, due } = dueSlots(within, job.nextRun ?? now, now);
  const groups = misfire === 'all' ? due.map((slot) => [slot]) : [due];
  if (misfire === 'skip')
    groups.splice(
      0,
      1,
      due.filter(isLate),
      due.filter((slot) => !isLate(slot)),
    );
  if (older && misfire === 'all') {
    leaveOut(older, `Missed: only the newest ${MOST_MADE_UP} times are made up for.`);
  }
  const left = count === null ? Number.POSITIVE_INFINITY : count - job.runs;
  for (const [index, group] of groups.filter(({ length }) => length > 0).entries()) {
    if (runs >= left) break;
    const stretch = stretchOf(group, misfire !== 'all' && index === 0 ? older : null);
    const slot = stretch.lastSlot;
    if (isClaimed(slot)) continue;
    const late = isLate(slot);
    if (late && misfire === 'skip') leaveOut(stretch, 'Missed while Moby was off.');
    else if (maxAgeMs !== null && now - slot > maxAgeMs)
      leaveOut(stretch, 'Missed, and too old to make up for.');
    else if (job.backoffUntil !== null && slot < job.backoffUntil) {
      leaveOut(stretch, 'Left out: the run before failed, and Moby waits a while before he tries again.');
    } else {
      const busy = working + waiting + runs > 0;
      const beside = busy && overlap === 'parallel' && !late;
      const waits = busy && !beside;
      if (waits && overlap === 'skip' && !late && runs === 0)
        leaveOut(stretch, 'Left out: the run before was still at work.');
      else if (waits && waiting + runs >= MOST_WAITING) {
        leaveOut(stretch, `Left out: ${MOST_WAITING} runs were waiting already.`);
      } else {
        runs++;
        rows.push({
          ...stretch,
          slot,
          trigger: late ? 'late' : 'schedule',
          state: waits ? 'waiting' : 'running',
          beside,
          detail: detailOf(stretch, late),
        });
      }
    }
  }
  return { rows, next: runs >= left ? null : within.next(now) };
}

function detailOf({ times }: Stretch, late: boolean): string | null {
  if (times === 1) return null;
  return late
    ? 'Stands for several times that were missed while Moby was off.'
    : 'Stands for several times that came due before Moby got to it.';
}

/** The newest slots, and what stands before them where there are more. */
function dueSlots(slots: Slots, from: number, now: number): { older: Stretch | null; due: number[] } {
  const due = slotsBetween(slots, from, now, MOST_MADE_UP);
  const firstSlot = slots.next(from - 1);
  const [oldest] = due;
  if (oldest === undefined || firstSlot === null || firstSlot >= oldest) return { older: null, due };
  const before = slotsBetween(slots, firstSlot, oldest - 1, MOST_MADE_UP);
  return { older: { times: before.length, firstSlot, lastSlot: before.at(-1) ?? firstSlot }, due };
}

function stretchOf(group: readonly number[], older: Stretch | null): Stretch {
  const [firstSlot = 0] = group;
  const lastSlot = group.at(-1) ?? firstSlot;
  return older
    ? { times: older.times + group.length, firstSlot: older.firstSlot, lastSlot }
    : { times: group.length, firstSlot, lastSlot };
}
