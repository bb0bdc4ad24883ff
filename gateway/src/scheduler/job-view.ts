/** A schedule and its runs as clients see them. */
import type { JobView, RunView } from '@mobyclaw/protocol/job';
import type { Calendar } from '../calendar/calendar.ts';
import { endingAt, upcoming } from '../calendar/schedule.ts';
import type { JobDefinition, JobRow, RunRow } from '../store/job-rows.ts';
import type { OwnerChannels } from '../unasked/ports.ts';
import { slotsOf } from './limits.ts';

const iso = (time: number): string => new Date(time).toISOString();

export function toJobView(job: JobRow, lastRun: RunRow | null): JobView {
  const { definition } = job;
  const { name, timeZone, message, prompt, channel, origin, guest, maxAge, until, count } = definition;
  const { session, misfire, overlap, retries } = definition;
  return {
    id: job.id,
    name,
    ...scheduleView(definition),
    timeZone,
    ...(message === null ? {} : { message }),
    ...(prompt === null ? {} : { prompt }),
    ...(channel === null ? {} : { channel }),
    ...(origin === null ? {} : { origin }),
    ...(guest ? { guest } : {}),
    session,
    misfire,
    ...(maxAge === null ? {} : { maxAge }),
    overlap,
    ...(until === null ? {} : { until: iso(until) }),
    ...(count === null ? {} : { count }),
    retries,
    enabled: job.enabled,
    state: stateOf(job),
    runs: job.runs,
    failures: job.failures,
    ...(job.nextRun === null ? {} : { nextRun: iso(job.nextRun) }),
    ...(lastRun ? { lastRun: brief(lastRun) } : {}),
    createdAt: iso(job.createdAt),
    updatedAt: iso(job.updatedAt),
  };
}

/** Where its result would go, as things stand now. */
export function targetOf({ definition }: JobRow, channels: OwnerChannels): Pick<JobView, 'target'> {
  return { target: channels.target(definition.channel, definition.origin) };
}

/** The next three times, as they stand now; an ended or paused job has none. */
export function nextTimes(job: JobRow, now: number, calendar: Calendar): Pick<JobView, 'next' | 'nextLocal'> {
  const { timeZone, until, count } = job.definition;
  const slots = endingAt(slotsOf(job.definition, calendar), until);
  const left = count === null ? 3 : Math.min(3, count - job.runs);
  const times = job.nextRun === null ? [] : upcoming(slots, Math.min(now, job.nextRun - 1), left);
  return {
    next: times.map(iso),
    nextLocal: times.map((time) => calendar.localText(time, timeZone)),
  };
}

export function toRunView(run: RunRow): RunView {
  const { id, job, trigger, state, outcome, detail, attempt, startedAt, finishedAt } = run;
  const { times, firstSlot, lastSlot } = run;
  return {
    id,
    job,
    slot: iso(run.slot),
    ...(times === 1 ? {} : { times, firstSlot: iso(firstSlot), lastSlot: iso(lastSlot) }),
    trigger,
    state,
    ...(outcome === null ? {} : { outcome }),
    ...(detail === null ? {} : { detail }),
    attempt,
    ...(startedAt === null ? {} : { startedAt: iso(startedAt) }),
    ...(finishedAt === null ? {} : { finishedAt: iso(finishedAt) }),
    ...(startedAt === null || finishedAt === null ? {} : { durationMs: Math.max(0, finishedAt - startedAt) }),
    ...(run.dueAt === null ? {} : { nextTryAt: iso(run.dueAt) }),
    ...(run.turn === null ? {} : { turn: run.turn }),
    ...(run.text === null ? {} : { text: run.text }),
    ...(run.usage === null ? {} : { usage: run.usage }),
    delivery: {
      state: run.delivery,
      ...(run.channel === null ? {} : { channel: run.channel }),
      ...(run.deliveryError === null ? {} : { error: run.deliveryError }),
    },
  };
}

/** The newest run that failed, with its reason, however much went well or was left out since. */
export function lastFailureOf(run: RunRow | null): Pick<JobView, 'lastFailure'> {
  return run === null ? {} : { lastFailure: brief(run) };
}

function brief(run: RunRow): NonNullable<JobView['lastRun']> {
  const detail = run.deliveryError ?? run.detail;
  return {
    slot: iso(run.slot),
    state: run.state,
    ...(run.outcome === null ? {} : { outcome: run.outcome }),
    ...(detail === null ? {} : { detail }),
  };
}

function stateOf(job: JobRow): JobView['state'] {
  if (job.ended === 'finished') return 'finished';
  if (job.ended === 'failures') return 'failed';
  return job.enabled ? 'active' : 'paused';
}

function scheduleView({ schedule }: JobDefinition): Pick<JobView, 'at' | 'every' | 'start' | 'cron'> {
  if (schedule.kind === 'at') return { at: iso(schedule.at) };
  if (schedule.kind === 'every') return { every: schedule.text, start: iso(schedule.anchor) };
  return { cron: schedule.cron };
}
