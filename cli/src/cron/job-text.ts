/** Schedules and their runs in words: times in the owner's zone, and how far away they are. */
import { parseDuration } from '@mobyclaw/lib/duration';
import type { JobView, RunView } from '@mobyclaw/protocol/job';
import { cell } from '../terminal.ts';
import { ago, fromNow, localTime } from '../time.ts';
import { shortId } from './job-options.ts';

const MINUTE_MS = 60_000;

export interface Moment {
  now: number;
  /** Of the owner. */
  timeZone: string;
  /** Times are to be told to the second. */
  seconds?: boolean;
}

/** `2026-11-22 07:00, in 3 h 12 min` */
export function when(at: string, moment: Moment): string {
  return `${clock(at, moment)}, ${fromNow(at, moment.now)}`;
}

/** The same moment, to the second where the schedule goes by seconds. */
export function momentFor({ every }: JobView, moment: Moment): Moment {
  return { ...moment, seconds: every !== undefined && parseDuration(every) < MINUTE_MS };
}

function clock(at: string, { timeZone, seconds = false }: Moment): string {
  return localTime(at, timeZone, { seconds });
}

/** `0 7 * * 1-5`, `every 2h`, `once`; with its time zone where that is not the owner's. */
export function schedule(job: JobView, { timeZone }: Moment): string {
  const foreign = job.timeZone === timeZone ? '' : ` (${job.timeZone})`;
  return (job.cron ?? (job.every === undefined ? 'once' : `every ${job.every}`)) + foreign;
}

export function listRow(job: JobView, moment: Moment): string[] {
  return [
    shortId(job.id),
    cell(job.name, 40),
    schedule(job, moment),
    job.nextRun === undefined ? '-' : when(job.nextRun, momentFor(job, moment)),
    job.state,
    job.lastRun
      ? `${job.lastRun.outcome ?? job.lastRun.state} ${fromNow(job.lastRun.slot, moment.now)}`
      : '-',
  ];
}

/** One job as name and value, for a table. */
export function jobRows(job: JobView, { now, timeZone }: Moment): string[][] {
  const moment = momentFor(job, { now, timeZone });
  const next = job.next ?? (job.nextRun === undefined ? [] : [job.nextRun]);
  const failed = job.lastFailure;
  return [
    ['name', cell(job.name, 100)],
    ['id', job.id],
    ['when', schedule(job, moment)],
    ['state', stateText(job)],
    ...(next.length === 0 ? [['next', '-']] : next.map((at, i) => [i === 0 ? 'next' : '', when(at, moment)])),
    ...given([
      ['message', job.message && cell(job.message, 200)],
      ['prompt', job.prompt && cell(job.prompt, 200)],
      ['channel', job.channel],
      ['goes to', job.channel === undefined ? job.target : undefined],
      ['asked in', job.origin],
      ['until', job.until && clock(job.until, moment)],
      ['count', job.count === undefined ? undefined : `${job.runs} of ${job.count} runs`],
      ['max age', job.maxAge],
    ]),
    ['if missed', job.misfire],
    ['if still running', job.overlap],
    ...given([
      ['retries', job.prompt === undefined ? undefined : String(job.retries)],
      ['conversation', job.prompt === undefined ? undefined : job.session],
    ]),
    ['runs', String(job.runs)],
    ...given([
      ['last run', job.lastRun && lastRunText(job.lastRun, moment)],
      ['last failure', failed && failed.slot !== job.lastRun?.slot ? lastRunText(failed, moment) : undefined],
    ]),
  ];
}

function given(rows: [string, string | undefined][]): string[][] {
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** The record as a table; to the second where two of its rows would read alike. */
export function runRows(runs: readonly RunView[], moment: Moment): string[][] {
  const shown = runs.map(({ slot }) => clock(slot, moment));
  const seconds = new Set(shown).size < shown.length;
  return runs.map((run) => runRow(run, { ...moment, seconds }));
}

function runRow(run: RunView, moment: Moment): string[] {
  const { inputTokens, outputTokens } = run.usage ?? {};
  const tokens = inputTokens === undefined ? '-' : String(inputTokens + (outputTokens ?? 0));
  const reason = run.detail ?? run.delivery.error ?? '';
  return [
    clock(run.slot, moment),
    run.trigger,
    run.outcome ?? run.state,
    run.durationMs === undefined ? '-' : ago(run.durationMs),
    tokens,
    deliveryText(run),
    cell([reason, stretchText(run, moment)].filter((text) => text !== '').join(' '), 200),
  ];
}

/** Where one row stands for several times, such as `(59 times, to 2026-11-21 14:00)`. */
function stretchText({ times, slot, lastSlot = slot, firstSlot = slot }: RunView, moment: Moment): string {
  if (times === undefined) return '';
  const span = lastSlot === slot ? `from ${clock(firstSlot, moment)}` : `to ${clock(lastSlot, moment)}`;
  return `(${times} times, ${span})`;
}

function deliveryText({ delivery }: RunView): string {
  if (delivery.state === 'none') return '-';
  return `${delivery.state}${delivery.channel === undefined ? '' : ` ${delivery.channel}`}`;
}

function stateText({ state, failures }: JobView): string {
  if (state === 'failed') return `switched off after ${failures} failures in a row`;
  return failures > 0 ? `${state}, ${failures} failures in a row` : state;
}

function lastRunText(run: NonNullable<JobView['lastRun']>, moment: Moment): string {
  const reason = run.detail === undefined ? '' : `: ${cell(run.detail, 200)}`;
  return `${run.outcome ?? run.state}, ${when(run.slot, moment)}${reason}`;
}
