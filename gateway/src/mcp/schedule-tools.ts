/**
 * Schedules as tools. Natural times are the model's work: a tool takes RFC 3339 or cron with a time zone, refuses
 * nonsense with what to write instead, and answers with the next three times, so that the model can tell the person.
 * Where a reminder goes follows from the conversation it was asked in, which the gateway knows and the model cannot say.
 */
import { type McpTool, mcpTool, ToolError } from '@mobyclaw/lib/mcp-tool';
import { type JobView, jobChangeSchema, jobRequestSchema, type RunView } from '@mobyclaw/protocol/job';
import * as z from 'zod';
import type { JobService } from '../scheduler/job-service.ts';
import { ScheduleError } from '../scheduler/schedule-error.ts';

const id = z.string().min(1).max(64).describe('id of the schedule, from schedule_list');

export function scheduleTools(ports: { jobs: () => Promise<JobService>; timeZone: string }): McpTool[] {
  return [
    mcpTool({
      name: 'schedule_create',
      title: 'Schedule something',
      description: `Sets a reminder or a recurring task. Give exactly one of at (once), every (a duration) and cron (five fields), in the owner's time zone ${ports.timeZone} unless timeZone says otherwise; call now first if you are not sure what time it is. message is sent as it is, such as a reminder; prompt is what you will be asked at that time, with your tools. It goes to the chat in which it was asked for unless channel names another. The answer lists the next times: tell the person.`,
      input: jobRequestSchema.omit({ enabled: true, retries: true, session: true }),
      annotations: { readOnlyHint: false, destructiveHint: false },
      run: (input, caller) =>
        explained(async () => describe(await (await ports.jobs()).create(input, caller.session ?? null))),
    }),
    mcpTool({
      name: 'schedule_list',
      title: 'List schedules',
      description: 'Lists all reminders and recurring tasks, with ids, next times and how the last run went.',
      input: z.object({}),
      annotations: { readOnlyHint: true },
      run: async () => {
        const jobs = (await ports.jobs()).list();
        return jobs.length === 0 ? 'Nothing is scheduled.' : jobs.map(describe).join('\n\n');
      },
    }),
    mcpTool({
      name: 'schedule_update',
      title: 'Change a schedule',
      description:
        'Changes a schedule. What is left out stays. enabled: false pauses it, true goes on. One of at, every and cron replaces its times.',
      input: z.object({ id, ...jobChangeSchema.omit({ retries: true, session: true }).shape }),
      annotations: { readOnlyHint: false, destructiveHint: false },
      run: ({ id: job, ...change }) =>
        explained(async () => describe((await (await ports.jobs()).change(job, change)) ?? unknown(job))),
    }),
    mcpTool({
      name: 'schedule_cancel',
      title: 'Cancel a schedule',
      description: 'Removes a reminder or recurring task for good, with its record.',
      input: z.object({ id }),
      annotations: { readOnlyHint: false, destructiveHint: true },
      run: async ({ id: job }) => ((await ports.jobs()).delete(job) ? `Cancelled ${job}.` : unknown(job)),
    }),
    mcpTool({
      name: 'schedule_history',
      title: 'Past runs of a schedule',
      description: 'Shows how the last runs of a schedule went, newest first.',
      input: z.object({ id, limit: z.int().min(1).max(50).default(10) }),
      annotations: { readOnlyHint: true },
      run: async ({ id: job, limit }) => {
        const runs = (await ports.jobs()).history(job, limit) ?? unknown(job);
        return runs.length === 0 ? 'It has not run yet.' : runs.map(describeRun).join('\n');
      },
    }),
  ];
}

async function explained(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ScheduleError) throw new ToolError(`${error.field}: ${error.message}`);
    throw error;
  }
}

function unknown(id: string): never {
  throw new ToolError(`There is no schedule ${id}. schedule_list shows what there is.`);
}

function describe(job: JobView): string {
  const when = job.cron ?? (job.every === undefined ? job.at : `every ${job.every}`);
  const next = job.nextLocal ?? (job.nextRun === undefined ? [] : [job.nextRun]);
  return [
    `"${job.name}" (id ${job.id}), ${when} in ${job.timeZone}, ${job.state}`,
    job.message === undefined ? '' : `message: ${job.message}`,
    job.prompt === undefined ? '' : `prompt: ${job.prompt}`,
    next.length === 0 ? 'no next time' : `next: ${next.join(', ')}`,
    job.lastRun?.outcome === undefined ? '' : `last run ${job.lastRun.slot}: ${job.lastRun.outcome}`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function describeRun(run: RunView): string {
  const detail = run.detail === undefined ? '' : `: ${run.detail}`;
  return `${run.slot} ${run.outcome ?? run.state} (${run.trigger})${detail}`;
}
