/**
 * What becomes of the slots of a job that are due: which run, which wait, which are left out and why, and which comes
 * next. Pure, so that the rules of misfire, overlap, backoff and ending stand in one place.
 */
import type { JobRow, RunState, RunTrigger } from './job.ts';
import { endingAt, type Slots, slotsBetween } from './schedule.ts';

export const MISFIRE_AFTER_MS = 60_000; // a restart or a busy moment is not a missed time
export const MOST_MADE_UP = 100; // missed times that misfire "all" makes up for
export const MOST_WAITING = 100; // runs that wait behind one another

export interface PlannedRun {
  slot: number;
  trigger: RunTrigger;
  state: Extract<RunState, 'running' | 'waiting'>;
  /** It runs while another one does, so it needs a conversation of its own. */
  beside: boolean;
  detail: string | null;
}

export interface ClaimPlan {
  runs: PlannedRun[];
  skipped: { slot: number; detail: string }[];
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
}

export function planClaim({ job, slots, maxAgeMs, now, working, waiting }: ClaimInput): ClaimPlan {
  const { misfire, overlap, count, until } = job.definition;
  const within = endingAt(slots, until);
  const due = slotsBetween(within, job.nextRun ?? now, now, misfire === 'all' ? MOST_MADE_UP : 2);
  const isLate = (slot: number): boolean => now - slot > MISFIRE_AFTER_MS;
  const plan: ClaimPlan = { runs: [], skipped: [], next: null };
  const skip = (slot: number, detail: string): void => {
    plan.skipped.push({ slot, detail });
  };

  const left = count === null ? Number.POSITIVE_INFINITY : count - job.runs;
  for (const slot of misfire === 'all' ? due : due.slice(-1)) {
    if (plan.runs.length >= left) break;
    const late = isLate(slot);
    if (late && misfire === 'skip') skip(slot, 'Missed while Moby was off.');
    else if (maxAgeMs !== null && now - slot > maxAgeMs) skip(slot, 'Missed, and too old to make up for.');
    else if (job.backoffUntil !== null && slot < job.backoffUntil) {
      skip(slot, 'Left out: the run before failed, and Moby waits a while before he tries again.');
    } else {
      const busy = working + waiting + plan.runs.length > 0;
      const beside = busy && overlap === 'parallel' && !late;
      const waits = busy && !beside;
      if (waits && overlap === 'skip' && !late && plan.runs.length === 0)
        skip(slot, 'Left out: the run before was still at work.');
      else if (waits && waiting + plan.runs.length >= MOST_WAITING) {
        skip(slot, `Left out: ${MOST_WAITING} runs were waiting already.`);
      } else {
        const several = late && misfire === 'once' && due.length > 1;
        plan.runs.push({
          slot,
          trigger: late ? 'late' : 'schedule',
          state: waits ? 'waiting' : 'running',
          beside,
          detail: several ? 'Stands for several times that were missed while Moby was off.' : null,
        });
      }
    }
  }
  const ended = plan.runs.length >= left;
  plan.next = ended ? null : within.next(now);
  return plan;
}
