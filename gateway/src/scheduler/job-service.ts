/**
 * Schedules as clients and tools use them: made, changed, removed, run by hand, looked at. Looking changes nothing. An
 * edit counts from the next slot on; a run that is under way goes on as it began.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type {
  JobChange,
  JobPreview,
  JobPreviewRequest,
  JobRequest,
  JobView,
  RunView,
} from '@mobyclaw/protocol/job';
import type { Calendar } from '../calendar/calendar.ts';
import { endingAt, upcoming } from '../calendar/schedule.ts';
import { ScheduleError } from '../calendar/schedule-error.ts';
import type { JobDefinition, JobRow } from '../store/job-rows.ts';
import type { Store } from '../store/store.ts';
import type { OwnerChannels, Prompts } from '../unasked/ports.ts';
import { MOST_WAITING } from './claim-plan.ts';
import type { JobEngine } from './job-engine.ts';
import { lastFailureOf, nextTimes, targetOf, toJobView, toRunView } from './job-view.ts';
import { checkGuestRoom, checkPace, slotsOf } from './limits.ts';
import { readDuration, readSchedule, readTime } from './schedule-input.ts';

const RETRIES = 2;
const PREVIEWED = 5;
const MOST_JOBS = 10_000;

const PAUSED = { nextRun: null, enabled: false, ended: null } as const;
const SHUT_OUT = {
  state: 'ended',
  outcome: 'cancelled',
  delivery: 'none',
  dueAt: null,
  detail: 'Whoever asked for it, or the chat it was for, was shut out.',
} as const;

/** The job is at work and its overlap rule leaves a second run out. */
export class JobBusyError extends Error {
  override name = 'JobBusyError';
}

export interface JobServiceOptions {
  store: Store;
  clock: Clock;
  engine: Pick<JobEngine, 'changed' | 'runNow'>;
  prompts: Pick<Prompts, 'cancel'>;
  channels: OwnerChannels;
  calendar: () => Promise<Calendar>;
  /** Of the owner. */
  timeZone: string;
}

export class JobService {
  readonly #options: JobServiceOptions;

  constructor(options: JobServiceOptions) {
    this.#options = options;
  }

  /**
   * @param origin the conversation it is asked in
   * @param asker who asks in a turn, if one does; a guest is somebody who is not the owner
   * @returns the job with its next three times
   * @throws ScheduleError saying what to write instead
   */
  async create(
    request: JobRequest,
    origin: string | null,
    { guest = false, sender }: { guest?: boolean; sender?: string | undefined } = {},
  ): Promise<JobView> {
    const { store, clock, engine, timeZone } = this.#options;
    const calendar = await this.#options.calendar();
    const now = clock.now();
    const zone = request.timeZone ?? timeZone;
    const definition: JobDefinition = {
      name: request.name,
      schedule: readSchedule(request, zone, now, calendar),
      timeZone: zone,
      message: request.message ?? null,
      prompt: request.prompt ?? null,
      channel: request.channel === undefined ? null : store.names.current(request.channel),
      origin: origin && store.names.current(origin),
      session: request.session ?? 'fresh',
      misfire: request.misfire ?? 'once',
      maxAge: request.maxAge ?? null,
      overlap: request.overlap ?? 'skip',
      until: request.until === undefined ? null : readTime('until', request.until, zone, calendar, now),
      count: request.count ?? null,
      retries: request.retries ?? RETRIES,
      guest,
      ...(sender === undefined ? {} : { askedBy: sender }),
    };
    check(definition);
    checkPace(definition, now, calendar);
    this.#checkTarget(definition.channel);
    const first = firstSlot(definition, now, calendar);
    const enabled = request.enabled ?? true;
    const id = uuidv7();
    store.transaction('durable', () => {
      if (guest) checkGuestRoom(store.jobs.countOfGuests(definition.origin ?? ''));
      this.#makeRoom();
      store.jobs.insert(id, definition, enabled, enabled ? first : null, now);
    });
    engine.changed();
    return this.#view(id, calendar);
  }

  /** The next times that a schedule would have, should it be made now. @throws ScheduleError saying what to write instead */
  async preview(request: JobPreviewRequest): Promise<JobPreview> {
    const { clock } = this.#options;
    const calendar = await this.#options.calendar();
    const now = clock.now();
    const timeZone = request.timeZone ?? this.#options.timeZone;
    const schedule = readSchedule(request, timeZone, now, calendar);
    const { until, count } = request;
    const end = until === undefined ? null : readTime('until', until, timeZone, calendar, now);
    const slots = endingAt(calendar.slots(schedule, timeZone), end);
    const times = upcoming(slots, now, Math.min(PREVIEWED, count ?? PREVIEWED));
    if (times.length === 0)
      throw new ScheduleError('until', 'It would never run: until comes before its first time.');
    return {
      timeZone,
      next: times.map((time) => new Date(time).toISOString()),
      nextLocal: times.map((time) => calendar.localText(time, timeZone)),
    };
  }

  /** @returns null where there is no such job @throws ScheduleError; nothing has changed then */
  async change(id: string, change: JobChange): Promise<JobView | null> {
    const { store, clock, engine } = this.#options;
    const calendar = await this.#options.calendar();
    const job = store.jobs.find(id);
    if (!job) return null;
    const now = clock.now();
    const channel = change.channel && store.names.current(change.channel);
    const named = channel ? { ...change, channel } : change;
    const definition = merge(job.definition, named, now, calendar);
    check(definition);
    if (isRescheduled(change) || change.prompt !== undefined) checkPace(definition, now, calendar);
    if (change.channel !== undefined) this.#checkTarget(definition.channel);
    if (change.enabled === false && job.ended === 'finished' && !isRescheduled(change)) {
      const name = job.definition.name;
      throw new ScheduleError(
        'enabled',
        `“${name}” has finished, so there is nothing to pause. Give it a new time to have it run again, or remove it.`,
      );
    }
    const enabled = change.enabled ?? (job.enabled || (job.ended !== null && isRescheduled(change)));
    const replanned = enabled !== job.enabled || PLANNING.some((field) => change[field] !== undefined);
    if (enabled && definition.count !== null && job.runs >= definition.count) {
      throw new ScheduleError(
        'count',
        `It has run ${job.runs} times already; write a higher count, or null.`,
      );
    }
    const next = enabled && replanned ? firstSlot(definition, now, calendar) : job.nextRun;
    store.transaction('durable', () => {
      store.jobs.change(id, definition, now);
      if (!replanned) return;
      const { runs, ended } = job;
      store.jobs.plan(id, {
        nextRun: enabled ? next : null,
        plannedAt: now,
        enabled,
        ended: enabled || change.enabled === false ? null : ended,
        runs,
      });
      if (enabled) {
        store.jobs.setFailures(id, 0, null);
        store.jobs.setNotice(id, null);
      }
    });
    engine.changed();
    return this.#view(id, calendar);
  }

  /**
   * Pauses jobs of people and chats that were shut out, and ends what they have under way.
   * @param isTheirs told where its result goes as things stand, too
   * @returns how many were to run again
   */
  shutOut(isTheirs: (job: JobDefinition, target: string) => boolean): number {
    const { store, clock, channels, engine, prompts } = this.#options;
    const theirs = store.jobs
      .list(true)
      .filter(({ definition }) =>
        isTheirs(definition, channels.target(definition.channel, definition.origin)),
      );
    const open = theirs.flatMap(({ id }) => store.jobRuns.openOf(id));
    const now = clock.now();
    store.transaction('durable', () => {
      for (const { id, enabled, runs } of theirs) {
        if (enabled) store.jobs.plan(id, { ...PAUSED, plannedAt: now, runs });
      }
      for (const { id } of open) store.jobRuns.update(id, { ...SHUT_OUT, finishedAt: now });
    });
    for (const { turn, state } of open) if (turn !== null && state === 'running') prompts.cancel(turn);
    engine.changed();
    return theirs.filter(({ enabled }) => enabled).length;
  }

  /** Removes a job with its record; what it has running is stopped. @returns whether there was one */
  delete(id: string): boolean {
    const { store, engine, prompts } = this.#options;
    const open = store.jobRuns.openOf(id);
    const found = store.transaction('durable', () => {
      store.jobRuns.deleteOf(id);
      return store.jobs.delete(id);
    });
    for (const { turn, state } of open) if (turn !== null && state === 'running') prompts.cancel(turn);
    engine.changed();
    return found;
  }

  /**
   * Runs it by hand, besides its schedule, also while it is paused. Where it is at work, its overlap rule says what
   * becomes of this run.
   * @throws JobBusyError where it leaves it out
   */
  runNow(id: string): RunView | null {
    const { store, engine } = this.#options;
    const job = store.jobs.find(id);
    if (!job) return null;
    const { name, overlap } = job.definition;
    const open = store.jobRuns.openOf(id).filter(({ state }) => state !== 'delivering');
    if (open.length > 0 && overlap === 'skip') {
      throw new JobBusyError(`“${name}” is running. Wait for it to end, then run it again.`);
    }
    if (overlap === 'queue' && open.length > MOST_WAITING) {
      throw new JobBusyError(`${MOST_WAITING} runs of “${name}” are waiting already.`);
    }
    const how = open.length === 0 ? 'now' : overlap === 'queue' ? 'behind' : 'beside';
    const run = store.jobRuns.find(engine.runNow(job, how));
    return run && toRunView(run);
  }

  async view(id: string): Promise<JobView | null> {
    if (!this.#options.store.jobs.find(id)) return null;
    return this.#view(id, await this.#options.calendar());
  }

  /** @param all also those that have finished, which are kept for 30 days */
  list({ all = false } = {}): JobView[] {
    const { jobs, jobRuns } = this.#options.store;
    const runs = jobRuns.lastOfAll();
    return jobs.list(all).map((job) => toJobView(job, runs.get(job.id) ?? null));
  }

  /** Newest first; null where there is no such job. */
  history(id: string, limit: number): RunView[] | null {
    const { jobs, jobRuns } = this.#options.store;
    return jobs.find(id) ? jobRuns.history(id, limit).map(toRunView) : null;
  }

  /** Tells a moment, RFC 3339, with the offset that a time zone has then. */
  async localText(): Promise<(at: string, timeZone: string) => string> {
    const calendar = await this.#options.calendar();
    return (at, timeZone) => calendar.localText(Date.parse(at), timeZone);
  }

  /** Refuses now what its delivery would refuse when the time has come. @throws ScheduleError */
  #checkTarget(channel: string | null): void {
    const refusal = channel === null ? null : this.#options.channels.refusal(channel);
    if (refusal !== null) throw new ScheduleError('channel', refusal);
  }

  /** If there are too many jobs, then the oldest finished one is removed. @throws ScheduleError if none has finished */
  #makeRoom(): void {
    const { jobs, jobRuns } = this.#options.store;
    if (jobs.count() < MOST_JOBS) return;
    const oldest = jobs.oldestFinished();
    if (oldest === null) {
      const most = MOST_JOBS.toLocaleString('en');
      throw new ScheduleError(
        'name',
        `There are ${most} schedules already. Remove some that are not needed.`,
      );
    }
    jobRuns.deleteOf(oldest);
    jobs.delete(oldest);
  }

  #view(id: string, calendar: Calendar): JobView {
    const { store, clock, channels } = this.#options;
    const job = store.jobs.find(id) as JobRow;
    const last = store.jobRuns.last(id);
    const times = nextTimes(job, clock.now(), calendar);
    const failure = lastFailureOf(store.jobRuns.lastFailed(id));
    return { ...toJobView(job, last), ...targetOf(job, channels), ...times, ...failure };
  }
}

/** Fields whose change means another next time. */
const PLANNING = ['at', 'every', 'start', 'cron', 'timeZone', 'until', 'count'] as const;

function isRescheduled(change: JobChange): boolean {
  return PLANNING.some((field) => change[field] !== undefined);
}

function merge(before: JobDefinition, change: JobChange, now: number, calendar: Calendar): JobDefinition {
  const timeZone = change.timeZone ?? before.timeZone;
  calendar.zone(timeZone);
  const scheduled = (['at', 'every', 'cron', 'start'] as const).some((field) => change[field] !== undefined);
  const input = {
    every: before.schedule.kind === 'every' && change.start ? before.schedule.text : undefined,
  };
  const { until, channel, message, prompt, maxAge, count } = change;
  const readUntil = (): number | null => {
    if (until === undefined) return before.until;
    return until === null ? null : readTime('until', until, timeZone, calendar, now);
  };
  return {
    ...before,
    name: change.name ?? before.name,
    schedule: scheduled ? readSchedule({ ...input, ...change }, timeZone, now, calendar) : before.schedule,
    timeZone,
    message: message === undefined ? before.message : message,
    prompt: prompt === undefined ? before.prompt : prompt,
    channel: channel === undefined ? before.channel : channel,
    session: change.session ?? before.session,
    misfire: change.misfire ?? before.misfire,
    maxAge: maxAge === undefined ? before.maxAge : maxAge,
    overlap: change.overlap ?? before.overlap,
    until: readUntil(),
    count: count === undefined ? before.count : count,
    retries: change.retries ?? before.retries,
  };
}

function check({ message, prompt, maxAge }: JobDefinition): void {
  if (message === null && prompt === null) {
    throw new ScheduleError(
      'prompt',
      'Write a message, which is sent as it is, or a prompt, which Moby answers.',
    );
  }
  if (maxAge !== null) readDuration('maxAge', maxAge);
}

function firstSlot(definition: JobDefinition, now: number, calendar: Calendar): number {
  const { until } = definition;
  const first = endingAt(slotsOf(definition, calendar), until).next(now);
  if (first !== null) return first;
  if (until !== null)
    throw new ScheduleError('until', 'It would never run: until comes before its first time.');
  throw new ScheduleError('at', 'Its time has passed; write a time to come.');
}
