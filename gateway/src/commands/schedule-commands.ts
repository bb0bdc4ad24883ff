/** The owner's schedules, in a chat. They are made by asking Moby; here they are seen, paused, resumed and run by hand. */
import { cutText } from '@mobyclaw/lib/cut-text';
import type { JobView } from '@mobyclaw/protocol/job';
import { nameText } from '../access/access-texts.ts';
import { ScheduleError } from '../calendar/schedule-error.ts';
import { JobBusyError } from '../scheduler/job-service.ts';
import type { Command, CommandServices } from './command.ts';

const MOST_SHOWN = 30;
const SHORT_ID = 6; // as the command line shows ids: their beginning is only a time

export const scheduleCommands: readonly Command[] = [
  {
    name: 'cron',
    usage: '[pause | resume | run] [ID]',
    description: 'Reminders and recurring tasks',
    ownerOnly: true,
    menu: true,
    async run({ kind, text, sign }, { jobs }) {
      if (kind === 'group') return 'I show that in our direct messages only.';
      const [action = '', ...rest] = text.trim().split(/\s+/);
      const wanted = rest.join(' ');
      if (action === '') return listed(jobs, sign);
      if (!isAction(action) || wanted === '') {
        return `Write \`${sign}cron\` for the list, or \`${sign}cron pause ID\`, \`${sign}cron resume ID\`, \`${sign}cron run ID\`.`;
      }
      const found = findJobs(jobs.list(), wanted);
      const [job] = found;
      if (!job)
        return `There is no schedule ${nameText(cutText(wanted, 80))}. \`${sign}cron\` shows those there are.`;
      if (found.length > 1) {
        return `That is more than one. Say which: ${found.map(({ id }) => `\`${id}\``).join(', ')}`;
      }
      try {
        return await act(jobs, action, job);
      } catch (error) {
        if (error instanceof JobBusyError || error instanceof ScheduleError) return `⚠️ ${error.message}`;
        throw error;
      }
    },
  },
];

type Jobs = CommandServices['jobs'];
type Action = 'pause' | 'resume' | 'run';

function isAction(text: string): text is Action {
  return text === 'pause' || text === 'resume' || text === 'run';
}

async function act(jobs: Jobs, action: Action, { id, name }: JobView): Promise<string> {
  if (action === 'run') {
    jobs.runNow(id);
    return `${nameText(name)} runs now; what comes of it goes where it always goes.`;
  }
  const changed = await jobs.change(id, { enabled: action === 'resume' });
  if (!changed) return `${nameText(name)} is gone.`;
  if (action === 'pause') return `${nameText(name)} is paused.`;
  return `${nameText(name)} goes on${changed.next?.length ? `, ${nextTime(changed)}` : ''}.`;
}

async function listed(jobs: Jobs, sign: string): Promise<string> {
  const all = jobs.list();
  if (all.length === 0) return 'Nothing is scheduled. Ask me to remind you of something, in your own words.';
  const views = await Promise.all(all.slice(0, MOST_SHOWN).map(({ id }) => jobs.view(id)));
  const lines = views.flatMap((job) => (job ? [line(job)] : []));
  if (all.length > lines.length) lines.push(`- … and ${all.length - lines.length} more: \`mobyclaw cron\``);
  return `${lines.join('\n')}\n\n\`${sign}cron pause ID\`, \`resume ID\` and \`run ID\` change them.`;
}

function line(job: JobView): string {
  const { id, name, state, cron, every } = job;
  const when = cron ?? (every === undefined ? 'once' : `every ${every}`);
  return `- \`${id.slice(-SHORT_ID)}\` ${nameText(name)}: ${when}, ${job.next?.length ? nextTime(job) : state}`;
}

/** Its next time on the clock of its zone. */
function nextTime({ nextLocal: [next = ''] = [], timeZone }: JobView): string {
  return `next ${next.slice(0, 16).replace('T', ' ')} (${timeZone})`;
}

/** By id, the end of it that is shown, or name. */
function findJobs(jobs: readonly JobView[], wanted: string): JobView[] {
  const text = wanted.toLowerCase();
  const exact = jobs.filter(({ id, name }) => id === text || name.toLowerCase() === text);
  return exact.length > 0 ? exact : jobs.filter(({ id }) => text.length >= SHORT_ID && id.endsWith(text));
}
