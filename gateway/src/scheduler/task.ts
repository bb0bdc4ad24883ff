/** What a claimed slot works on: a copy of the job, so that an edit counts from the next slot on. */
import { quotedName } from '@mobyclaw/lib/plain-name';
import type { Usage } from '@mobyclaw/protocol/usage';
import type { Calendar } from '../calendar/calendar.ts';
import type { JobRow, RunRow, RunTask } from '../store/job-rows.ts';
import type { BackgroundPrompt } from '../unasked/ports.ts';

const LATE_NOTE_MS = 10 * 60_000;

export function toTask(job: JobRow, slot: number, beside: boolean): RunTask {
  const {
    name,
    message,
    prompt,
    channel,
    origin,
    session,
    retries,
    timeZone,
    guest = false,
  } = job.definition;
  const own = `cron:${job.id}`;
  return {
    name,
    message,
    prompt,
    channel,
    origin,
    session: beside ? `${own}-${slot.toString(36)}` : own,
    fresh: session === 'fresh',
    retries,
    timeZone,
    guest,
  };
}

/** @param attempt from 1; each attempt is a turn of its own */
export function toPrompt(run: RunRow, prompt: string, attempt: number, calendar: Calendar): BackgroundPrompt {
  const { name, timeZone, session, fresh, guest = false } = run.task;
  const due = calendar.localText(run.slot, timeZone);
  const late = run.claimedAt - run.slot > LATE_NOTE_MS ? ' It is late, because Moby was off.' : '';
  const keyOf = (number: number): string => (number === 1 ? `cron:${run.key}` : `cron:${run.key}#${number}`);
  const repeats = Array.from({ length: attempt - 1 }, (_, index) => keyOf(index + 1));
  return {
    key: keyOf(attempt),
    session,
    source: 'cron',
    prompt,
    notes: [
      `This is the scheduled job ${quotedName(name)}, due ${due} (${timeZone}).${late} ${guest ? 'A guest asked for it, not the owner. ' : ''}Nobody is there to answer questions; your answer is sent to the ${guest ? 'guest' : 'owner'} as it is.`,
    ],
    guest,
    // What an attempt before did stays known to the next one.
    fresh: fresh && run.turn === null,
    repeats,
  };
}

export function addUsage(one: Usage | null, other: Usage | null): Usage | null {
  if (!one || !other) return one ?? other;
  const cached = (one.cachedTokens ?? 0) + (other.cachedTokens ?? 0);
  return {
    model: other.model,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    ...(one.cachedTokens === undefined && other.cachedTokens === undefined ? {} : { cachedTokens: cached }),
    // If the cost of a part is unknown, then the sum is unknown; it must not look like less.
    ...(one.costUsd === undefined || other.costUsd === undefined
      ? {}
      : { costUsd: one.costUsd + other.costUsd }),
  };
}
