/**
 * How often something may run by itself. A prompt asks the model, which costs money, so it is for nobody more often than
 * once a minute; what a guest asked for runs seldom, there is little of it, and its prompts are counted by the day.
 */
import type { Calendar } from '../calendar/calendar.ts';
import type { Slots } from '../calendar/schedule.ts';
import { ScheduleError } from '../calendar/schedule-error.ts';
import type { JobDefinition } from '../store/job-rows.ts';

const PROMPT_GAP_MS = 60_000; // as often as cron can say it
const GUEST_GAP_MS = 15 * 60_000;
const SLOTS_LOOKED_AT = 100; // enough to find times that are close together
/** Of each conversation that guests ask in, paused ones among them. */
export const MOST_GUEST_JOBS = 5;
/** Prompts of schedules in a day of the owner's, for each conversation that guests ask in. */
export const GUEST_TURNS_A_DAY = 50;

function leastGapMs({ guest = false, prompt, count }: JobDefinition): number {
  if (count === 1) return 0;
  if (guest) return GUEST_GAP_MS;
  return prompt === null ? 0 : PROMPT_GAP_MS;
}

/** The times of a job. If its interval is shorter than the limit allows, as before there was one, then the limit counts. */
export function slotsOf(definition: JobDefinition, calendar: Calendar): Slots {
  const { schedule, timeZone } = definition;
  if (schedule.kind !== 'every') return calendar.slots(schedule, timeZone);
  const everyMs = Math.max(schedule.everyMs, leastGapMs(definition));
  return calendar.slots({ ...schedule, everyMs }, timeZone);
}

/** @throws ScheduleError where it would run too often */
export function checkPace(definition: JobDefinition, now: number, calendar: Calendar): void {
  const { schedule, timeZone, guest = false } = definition;
  const least = leastGapMs(definition);
  if (schedule.kind === 'at' || shortestGapMs(calendar.slots(schedule, timeZone), now) >= least) return;
  throw new ScheduleError(
    schedule.kind,
    guest
      ? 'What a guest asks for runs every 15 minutes at most. Write 15m or more.'
      : 'A prompt is asked once a minute at most. Write 1m or more, or a message, which asks no model.',
  );
}

/** @param others schedules of guests in the same conversation @throws ScheduleError where there are too many */
export function checkGuestRoom(others: number): void {
  if (others < MOST_GUEST_JOBS) return;
  throw new ScheduleError(
    'name',
    `Guests have ${MOST_GUEST_JOBS} schedules here already, the most that there may be. Cancel one first.`,
  );
}

function shortestGapMs(slots: Slots, now: number): number {
  let shortest = Number.POSITIVE_INFINITY;
  let before = slots.next(now);
  for (let looked = 1; looked < SLOTS_LOOKED_AT && before !== null; looked++) {
    const next = slots.next(before);
    if (next !== null) shortest = Math.min(shortest, next - before);
    before = next;
  }
  return shortest;
}
