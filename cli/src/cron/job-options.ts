/**
 * Options of `cron add` and `cron edit`, and the request that they make. What a time or an expression means is the
 * gateway's to judge: it answers with what to write instead.
 */
import {
  type JobChange,
  type JobRequest,
  type JobView,
  jobChangeSchema,
  jobRequestSchema,
} from '@mobyclaw/protocol/job';
import type { Command } from 'commander';
import { checked } from '../checked.ts';
import { UsageError } from '../cli-error.ts';

const NAME_CHARS = 60; // of a message, where no name is given

/** As commander hands them over: false where the option was denied, such as --no-until. */
export interface JobOptions {
  name?: string;
  at?: string;
  every?: string;
  start?: string;
  cron?: string;
  tz?: string;
  message?: string | false;
  prompt?: string | false;
  channel?: string | false;
  session?: string;
  misfire?: string;
  maxAge?: string | false;
  overlap?: string;
  until?: string | false;
  count?: string | false;
  retries?: string;
}

/** Both commands: when, what, where to, and what happens when things go wrong. */
export function addJobOptions(command: Command): Command {
  return command
    .option('--name <name>', 'what it is called; unless given, the beginning of its text')
    .option(
      '--at <time>',
      'once: 20m, 18:00, "tomorrow 9:00", or 2026-12-24T18:00, in your zone or with an offset',
    )
    .option('--every <duration>', 'again and again: 30m, 2h, 1d')
    .option('--start <time>', 'with --every: the first time, as for --at')
    .option('--cron <expression>', 'five fields: "0 7 * * 1-5" is each weekday at seven')
    .option('--tz <zone>', 'time zone, such as Europe/Berlin; yours unless given')
    .option('--message <text>', 'what is sent as it is; beside a prompt: what is sent if that fails')
    .option('--prompt <text>', 'what Moby is asked; his answer is sent')
    .option('--channel <key>', 'chat it goes to, such as telegram:dm:42; unless given, where you wrote last')
    .option('--session <which>', 'fresh: each run begins anew (default); keep: it knows those before')
    .option('--misfire <rule>', 'times missed while Moby was off: skip, once (default) or all')
    .option('--max-age <duration>', 'missed times older than this are not made up for')
    .option('--overlap <rule>', 'while the run before still works: skip (default), queue or parallel')
    .option('--until <time>', 'the last moment at which it may run')
    .option('--count <n>', 'it ends after so many runs')
    .option('--retries <n>', 'how often a failed prompt is asked again; 2 unless given');
}

/** `cron edit` alone: what can be taken away. */
export function addRemovals(command: Command): Command {
  return command
    .option('--no-message', 'send no message any more')
    .option('--no-prompt', 'ask Moby no more')
    .option('--no-channel', 'send it where you wrote last')
    .option('--no-max-age', 'make up for missed times of any age')
    .option('--no-until', 'without an end')
    .option('--no-count', 'without a number of runs');
}

/** @throws UsageError naming what is wrong or missing */
export function toJobRequest(options: JobOptions): JobRequest {
  const given = fields(options);
  if (given.message === undefined && given.prompt === undefined) {
    throw new UsageError(
      'Say what is to happen: --message <text> is sent, --prompt <text> is asked of Moby.',
    );
  }
  const kinds = [options.at, options.every, options.cron].filter((value) => value !== undefined);
  if (kinds.length !== 1) {
    throw new UsageError('Say when: one of --at <time>, --every <duration> and --cron <expression>.');
  }
  const name = options.name ?? (shortened(String(given.message || given.prompt)) || 'empty');
  return checked(jobRequestSchema, { ...given, name }, optionOf);
}

/** @throws UsageError */
export function toJobChange(options: JobOptions): JobChange {
  const change = fields(options);
  if (Object.keys(change).length === 0) {
    throw new UsageError('Say what is to change; ./mobyclaw cron edit --help lists what can.');
  }
  return checked(jobChangeSchema, change, optionOf);
}

/**
 * The job that the owner means: by its id, the end of it that `cron list` shows, or its name.
 * @throws UsageError where there is none, or more than one
 */
export function findJob(jobs: readonly JobView[], wanted: string): JobView {
  const same = (text: string): boolean => text.toLowerCase() === wanted.toLowerCase();
  const exact = jobs.filter(({ id, name }) => same(id) || same(name));
  const short = jobs.filter(({ id }) => wanted.length >= SHORT_ID && id.endsWith(wanted.toLowerCase()));
  const meant = exact.length > 0 ? exact : short;
  const toCome = meant.filter(({ state }) => state !== 'finished');
  const found = toCome.length > 0 ? toCome : meant;
  const [job] = found;
  if (job && found.length === 1) return job;
  if (job) {
    const ids = found.map(({ id }) => id).join(', ');
    throw new UsageError(`"${wanted}" is more than one schedule. Say which: ${ids}`);
  }
  throw new UsageError(`There is no schedule "${wanted}"; ./mobyclaw cron list shows those there are.`);
}

const SHORT_ID = 6; // letters: enough to tell a person's schedules apart; the beginning of an id is only its time

export function shortId(id: string): string {
  return id.slice(-SHORT_ID);
}

function fields({ tz, count, retries, ...rest }: JobOptions): Record<string, unknown> {
  const all = { ...rest, timeZone: tz, count: whole('--count', count), retries: whole('--retries', retries) };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value === false ? null : value]],
    ),
  );
}

function whole(option: string, value: string | false | undefined): number | false | undefined {
  if (value === undefined || value === false) return value;
  if (/^\d{1,7}$/.test(value)) return Number(value);
  throw new UsageError(`${option} takes a whole number, not "${value}".`);
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const letters = [...line];
  return letters.length > NAME_CHARS ? `${letters.slice(0, NAME_CHARS - 1).join('')}…` : line;
}

function optionOf(field: string): string {
  if (field === 'timeZone') return '--tz';
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
