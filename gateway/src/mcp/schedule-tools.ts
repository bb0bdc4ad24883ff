/**
 * Schedules as tools. Natural times are the model's work: a tool takes RFC 3339 or cron with a time zone, refuses
 * nonsense with what to write instead, and answers with the next three times, so that the model can tell the person.
 * Where it was asked follows from the conversation, which the gateway knows and the model cannot say; a chat that the
 * model names must be one that Moby may write to. In a guest's turn only what guests made in that conversation is there.
 */
import { type McpCaller, type McpTool, mcpTool, ToolError } from '@mobyclaw/mcp/tool';
import { type JobView, jobRequestSchema } from '@mobyclaw/protocol/job';
import { platformOf } from '@mobyclaw/protocol/session-key';
import * as z from 'zod';
import { ScheduleError } from '../calendar/schedule-error.ts';
import type { JobService } from '../scheduler/job-service.ts';
import { isConversation } from '../store/conversation.ts';
import { confinedTo, refuseBeyond, refuseWebhook } from './reach.ts';
import { describeJob, describeRun } from './schedule-text.ts';
import type { ToolPorts } from './tool-ports.ts';

const id = z.string().min(1).max(64).describe('id of the schedule, from schedule_list');

const MOST_LISTED = 50; // the model reads all of it

/** What can be taken away again. Null would say so too, but models write null for what they leave out. */
const CLEARABLE = ['message', 'prompt', 'channel', 'maxAge', 'until', 'count'] as const;

const session = z.enum(['keep', 'fresh']).optional();

const requestSchema = jobRequestSchema.omit({ enabled: true, retries: true }).extend({
  session: session.describe(
    'of a prompt: fresh (unless given), each run begins anew and has your memory; keep, each run also reads those before, which costs more: only where it must know what it said',
  ),
});

const changeSchema = jobRequestSchema
  .omit({ retries: true })
  .partial()
  .extend({
    id,
    session: session.describe('of a prompt: fresh, each run begins anew; keep, each run reads those before'),
    clear: z
      .array(z.enum(CLEARABLE))
      .default([])
      .describe('what to remove, such as ["until", "count"] to let it go on without end'),
  });

type Ports = Omit<ToolPorts, 'jobs'> & { jobs: () => Promise<JobService> };

export function scheduleTools(ports: Ports): McpTool[] {
  return [createTool(ports), listTool(ports), updateTool(ports), cancelTool(ports), historyTool(ports)];
}

function createTool(ports: Ports): McpTool {
  return mcpTool({
    name: 'schedule_create',
    title: 'Schedule something',
    description: `Sets a reminder or a recurring task. Give exactly one of at (once), every (a duration) and cron (five fields), in the owner's time zone ${ports.timeZone} unless timeZone says otherwise; call now first if you are not sure what time it is. message is sent as it is, such as a reminder; prompt is what you will be asked at that time, with your tools. It goes to the chat that the owner has chosen for it, else to the one in which it was asked for; name a channel only where the person wants it in another one. The answer lists the next times and where it goes: tell the person.`,
    input: requestSchema,
    annotations: { readOnlyHint: false, destructiveHint: false },
    run: (input, caller) => {
      refuseWebhook(caller);
      checkChannel(ports, input.channel, caller);
      const guest = confinedTo(caller);
      if (guest !== null && platformOf(guest) === 'cron') {
        throw new ToolError('A guest asked for this schedule, and it cannot make further ones.');
      }
      const channel = guest === null ? {} : { channel: guest };
      return explained(async () => {
        const jobs = await ports.jobs();
        const request = { ...input, ...channel };
        const made = await jobs.create(request, guest ?? caller.session ?? null, {
          guest: guest !== null,
          sender: caller.turn === undefined ? undefined : ports.store.turns.find(caller.turn)?.sender,
        });
        return describeJob(made, await jobs.localText());
      });
    },
  });
}

function listTool(ports: Ports): McpTool {
  return mcpTool({
    name: 'schedule_list',
    title: 'List schedules',
    description: `Lists the reminders and recurring tasks that are to come or paused, with ids, next times and how the last run went; the next ${MOST_LISTED} where there are more.`,
    input: z.object({}),
    annotations: { readOnlyHint: true },
    run: async (_input, caller) => {
      const service = await ports.jobs();
      const jobs = visible(service, caller).toSorted(byNextTime);
      if (jobs.length === 0) return 'Nothing is scheduled.';
      const local = await service.localText();
      const listed = jobs.slice(0, MOST_LISTED).map((job) => describeJob(job, local));
      const rest = jobs.length - MOST_LISTED;
      const more = rest > 0 ? [`… and ${rest} more, later or without a next time.`] : [];
      return [...listed, ...more].join('\n\n');
    },
  });
}

function updateTool(ports: Ports): McpTool {
  return mcpTool({
    name: 'schedule_update',
    title: 'Change a schedule',
    description:
      'Changes a schedule. What is left out stays; what is to be gone goes into clear. enabled: false pauses it, true goes on. One of at, every and cron replaces its times.',
    input: changeSchema,
    annotations: { readOnlyHint: false, destructiveHint: false },
    run: ({ id: job, clear, ...change }, caller) =>
      explained(async () => {
        const both = clear.find((field) => change[field] !== undefined);
        if (both) throw new ToolError(`${both} is given and cleared. Do one of the two.`);
        const jobs = await ports.jobs();
        checkVisible(jobs, job, caller);
        checkChannel(ports, change.channel, caller);
        if (clear.includes('channel') && confinedTo(caller) !== null) {
          throw new ToolError('A guest asked for this, so it goes to their conversation.');
        }
        const cleared = Object.fromEntries(clear.map((field) => [field, null]));
        const changed = (await jobs.change(job, { ...change, ...cleared })) ?? unknown(job);
        return describeJob(changed, await jobs.localText());
      }),
  });
}

function cancelTool(ports: Ports): McpTool {
  return mcpTool({
    name: 'schedule_cancel',
    title: 'Cancel a schedule',
    description: 'Removes a reminder or recurring task for good, with its record.',
    input: z.object({ id }),
    annotations: { readOnlyHint: false, destructiveHint: true },
    run: async ({ id: job }, caller) => {
      const jobs = await ports.jobs();
      checkVisible(jobs, job, caller);
      return jobs.delete(job) ? `Cancelled ${job}.` : unknown(job);
    },
  });
}

function historyTool(ports: Ports): McpTool {
  return mcpTool({
    name: 'schedule_history',
    title: 'Past runs of a schedule',
    description:
      'Shows how the last runs of a schedule went, newest first: what came of each, how long it took, what it used, where it went, and why it did not go well.',
    input: z.object({ id, limit: z.int().min(1).max(50).default(10) }),
    annotations: { readOnlyHint: true },
    run: async ({ id: job, limit }, caller) => {
      const jobs = await ports.jobs();
      checkVisible(jobs, job, caller);
      const runs = jobs.history(job, limit) ?? unknown(job);
      if (runs.length === 0) return 'It has not run yet.';
      const { timeZone } = (await jobs.view(job)) ?? unknown(job);
      const local = await jobs.localText();
      return runs.map((run) => describeRun(run, timeZone, local)).join('\n');
    },
  });
}

/** @throws ToolError where nothing may be sent there */
function checkChannel({ store, mayWrite }: Ports, named: string | undefined, caller: McpCaller): void {
  if (named === undefined) return;
  const channel = store.names.current(named);
  refuseBeyond(confinedTo(caller), channel);
  const isKnown = isConversation(channel) || mayWrite(channel);
  if (!isKnown) {
    throw new ToolError(`${channel} is not a chat that Moby may write to. channel_list shows those.`);
  }
}

function visible(jobs: JobService, caller: McpCaller, all = false): JobView[] {
  const confined = confinedTo(caller);
  const listed = jobs.list({ all });
  return confined === null
    ? listed
    : listed.filter(({ guest, origin }) => guest === true && origin === confined);
}

/** @throws ToolError where there is no such schedule for who asks */
function checkVisible(jobs: JobService, job: string, caller: McpCaller): void {
  if (confinedTo(caller) === null) return;
  if (!visible(jobs, caller, true).some(({ id: known }) => known === job)) unknown(job);
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

function byNextTime(one: JobView, other: JobView): number {
  return (one.nextRun ?? '~').localeCompare(other.nextRun ?? '~');
}
