/** Schedules: reminders and recurring tasks, their next times and the record of their runs. */
import { type JobView, jobViewSchema, type RunView, runViewSchema } from '@mobyclaw/protocol/job';
import { EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import { type Define, type JsonOption, withJson } from '../command.ts';
import type { Context } from '../context.ts';
import {
  addJobOptions,
  addRemovals,
  findJob,
  type JobOptions,
  toJobChange,
  toJobRequest,
} from '../cron/job-options.ts';
import { jobRows, listRow, type Moment, momentFor, runRows, when } from '../cron/job-text.ts';
import type { GatewayClient, RequestOptions } from '../gateway-client.ts';
import { columnsOf, print, printJson, say, table } from '../terminal.ts';

export const command: Define = (target, context, exit) => {
  withJson(target.command('list', { isDefault: true }))
    .description('list them, with their next times')
    .option('--all', 'also those that have finished, which are kept for 30 days')
    .action(async (options: JsonOption & { all?: true }) => exit(await list(context, options)));
  withJson(addJobOptions(target.command('add')))
    .description('make one; the next three times are shown')
    .action(async (options: JsonOption & JobOptions) => exit(await add(context, options)));
  withJson(target.command('show <schedule>'))
    .description('show one: by its id, the end of it, or its name')
    .action(async (wanted: string, options: JsonOption) => exit(await show(context, wanted, options)));
  withJson(addRemovals(addJobOptions(target.command('edit <schedule>'))))
    .description('change one; what is not named stays')
    .action(async (wanted: string, options: JsonOption & JobOptions) =>
      exit(await edit(context, wanted, options)),
    );
  withJson(target.command('pause <schedule>'))
    .description('let one rest')
    .action(async (wanted: string, options: JsonOption) =>
      exit(await enable(context, wanted, false, options)),
    );
  withJson(target.command('resume <schedule>'))
    .description('let one go on, also after it was switched off for its failures')
    .action(async (wanted: string, options: JsonOption) =>
      exit(await enable(context, wanted, true, options)),
    );
  withJson(target.command('run <schedule>'))
    .description('run one now, besides its times')
    .action(async (wanted: string, options: JsonOption) => exit(await run(context, wanted, options)));
  withJson(target.command('remove <schedule>'))
    .description('remove one for good, with its record; prints what it was')
    .action(async (wanted: string, options: JsonOption) => exit(await remove(context, wanted, options)));
  withJson(target.command('history <schedule>'))
    .description('show how the last runs of one went, newest first')
    .option('-n, --limit <n>', 'how many', '20')
    .action(async (wanted: string, options: JsonOption & { limit: string }) =>
      exit(await history(context, wanted, options)),
    );
};

async function list(context: Context, { json, all }: JsonOption & { all?: true }): Promise<ExitCode> {
  const { terminal } = context;
  const jobs = await context.withGateway((gateway) =>
    all ? allJobs(gateway) : gateway.list(jobViewSchema, '/api/jobs'),
  );
  if (json) printJson(terminal, jobs);
  else if (jobs.length === 0) {
    say(
      terminal,
      'Nothing is scheduled. Ask Moby ("remind me tomorrow at nine …"), or ./mobyclaw cron add --help',
    );
  } else {
    const rows = jobs.map((job) => listRow(job, momentOf(context)));
    print(
      terminal,
      table([['ID', 'NAME', 'WHEN', 'NEXT', 'STATE', 'LAST RUN'], ...rows], columnsOf(terminal)),
    );
  }
  return EXIT.ok;
}

async function add(context: Context, { json, ...options }: JsonOption & JobOptions): Promise<ExitCode> {
  const body = toJobRequest(options);
  const job = await context.withGateway((gateway) =>
    gateway.json(jobViewSchema, '/api/jobs', { method: 'POST', body }),
  );
  if (json) printJson(context.terminal, job);
  else {
    print(context.terminal, job.id);
    sayNextTimes(context, job);
  }
  return EXIT.ok;
}

async function show(context: Context, wanted: string, { json }: JsonOption): Promise<ExitCode> {
  const job = await withJob(context, wanted, (gateway, { id }) => gateway.json(jobViewSchema, path(id)));
  if (json) printJson(context.terminal, job);
  else print(context.terminal, table(jobRows(job, momentOf(context)), columnsOf(context.terminal)));
  return EXIT.ok;
}

async function edit(
  context: Context,
  wanted: string,
  { json, ...options }: JsonOption & JobOptions,
): Promise<ExitCode> {
  const body = toJobChange(options);
  const job = await patch(context, wanted, body);
  if (json) printJson(context.terminal, job);
  else {
    say(context.terminal, `"${job.name}" is changed.`);
    sayNextTimes(context, job);
  }
  return EXIT.ok;
}

async function enable(
  context: Context,
  wanted: string,
  enabled: boolean,
  { json }: JsonOption,
): Promise<ExitCode> {
  const job = await patch(context, wanted, { enabled });
  if (json) {
    printJson(context.terminal, job);
    return EXIT.ok;
  }
  say(context.terminal, `"${job.name}" ${enabled ? 'goes on.' : 'rests until ./mobyclaw cron resume.'}`);
  if (enabled) sayNextTimes(context, job);
  return EXIT.ok;
}

async function run(context: Context, wanted: string, { json }: JsonOption): Promise<ExitCode> {
  const begun = await withJob(context, wanted, (gateway, { id }) =>
    gateway.json(runViewSchema, path(id, '/run'), { method: 'POST' }),
  );
  if (json) printJson(context.terminal, begun);
  else {
    const text = begun.state === 'waiting' ? 'It runs once the run before has ended' : 'It runs now';
    say(context.terminal, `${text}; ./mobyclaw cron history ${begun.job} shows how it went.`);
  }
  return EXIT.ok;
}

async function remove(context: Context, wanted: string, { json }: JsonOption): Promise<ExitCode> {
  const removed = await withJob(context, wanted, async (gateway, job) => {
    await gateway.send(path(job.id), { method: 'DELETE' });
    return job;
  });
  if (json) printJson(context.terminal, removed);
  else say(context.terminal, `"${removed.name}" is removed.`);
  return EXIT.ok;
}

async function history(
  context: Context,
  wanted: string,
  { json, limit }: JsonOption & { limit: string },
): Promise<ExitCode> {
  const { terminal } = context;
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > 200) {
    throw new UsageError(`--limit takes a number from 1 to 200, not "${limit}".`);
  }
  const runs: RunView[] = await withJob(context, wanted, (gateway, { id }) =>
    gateway.list(runViewSchema, path(id, `/runs?limit=${limit}`)),
  );
  if (json) printJson(terminal, runs);
  else if (runs.length === 0) say(terminal, 'It has not run yet.');
  else {
    const rows = runRows(runs, momentOf(context));
    print(
      terminal,
      table(
        [['DUE', 'WHY', 'OUTCOME', 'TOOK', 'TOKENS', 'DELIVERY', 'REASON'], ...rows],
        columnsOf(terminal),
      ),
    );
  }
  return EXIT.ok;
}

function patch(context: Context, wanted: string, body: RequestOptions['body']): Promise<JobView> {
  return withJob(context, wanted, (gateway, { id }) =>
    gateway.json(jobViewSchema, path(id), { method: 'PATCH', body }),
  );
}

function withJob<T>(
  context: Context,
  wanted: string,
  work: (gateway: GatewayClient, job: JobView) => Promise<T>,
): Promise<T> {
  return context.withGateway(async (gateway) => work(gateway, findJob(await allJobs(gateway), wanted)));
}

function allJobs(gateway: GatewayClient): Promise<JobView[]> {
  return gateway.list(jobViewSchema, '/api/jobs?all=true');
}

function path(id: string, rest = ''): string {
  return `/api/jobs/${encodeURIComponent(id)}${rest}`;
}

function sayNextTimes(context: Context, job: JobView): void {
  const moment = momentFor(job, momentOf(context));
  for (const at of job.next ?? []) say(context.terminal, `next: ${when(at, moment)}`);
  if (job.target !== undefined) say(context.terminal, `goes to: ${job.target}`);
}

function momentOf({ clock, settings }: Context): Moment {
  return { now: clock.now(), timeZone: settings.values.MOBYCLAW_TZ };
}
