/** Schedules and their runs as the tools tell of them: every moment in the time zone of the schedule. */
import { quotedName } from '@mobyclaw/lib/plain-name';
import type { JobView, RunView } from '@mobyclaw/protocol/job';

/** @param at RFC 3339 @returns the same moment with the offset that the time zone has then */
export type LocalText = (at: string, timeZone: string) => string;

export function describeJob(job: JobView, local: LocalText): string {
  const here = (at: string): string => local(at, job.timeZone);
  const { nextRun, target = job.channel, lastRun, until } = job;
  const next = job.nextLocal ?? (nextRun === undefined ? [] : [here(nextRun)]);
  return [
    `${quotedName(job.name)} (id ${job.id}), ${timesOf(job, here)} in ${job.timeZone}, ${job.state}`,
    job.message === undefined ? '' : `message: ${job.message}`,
    job.prompt === undefined ? '' : `prompt: ${job.prompt}\nsession: ${job.session}`,
    next.length === 0 ? 'no next time' : `next: ${next.join(', ')}`,
    until === undefined ? '' : `until: ${here(until)}`,
    job.count === undefined ? '' : `${job.runs} of ${job.count} runs`,
    target === undefined ? '' : `goes to: ${target}`,
    lastRun?.outcome === undefined ? '' : `last run ${here(lastRun.slot)}: ${lastRun.outcome}`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

export function describeRun(run: RunView, timeZone: string, local: LocalText): string {
  const { slot, firstSlot = slot, lastSlot = slot, delivery, durationMs, usage, detail } = run;
  const here = (at: string): string => local(at, timeZone);
  const facts = [
    run.times === undefined ? '' : `${run.times} times, ${here(firstSlot)} to ${here(lastSlot)}`,
    durationMs === undefined ? '' : `took ${Math.round(durationMs / 1000)} s`,
    usage === undefined ? '' : `${usage.inputTokens + usage.outputTokens} tokens`,
    delivery.state === 'none' ? '' : `delivery ${[delivery.state, delivery.channel].join(' ').trim()}`,
    detail ?? '',
    delivery.error ?? '',
  ];
  const known = facts.filter((fact) => fact !== '');
  return [`${here(slot)} ${run.outcome ?? run.state} (${run.trigger})`, ...known].join('; ');
}

function timesOf({ cron, every, at = '' }: JobView, here: (at: string) => string): string {
  if (cron !== undefined) return cron;
  return every === undefined ? here(at) : `every ${every}`;
}
