/** What became of a question, in one plain line for the owner. */
import { localTime } from '@mobyclaw/lib/local-time';
import type { Door } from '@mobyclaw/protocol/question';
import type { StoredAnswer } from '../store/question-store.ts';

export const WITHDRAWN_OUTCOME = 'No longer needed.';

const DOORS: Record<Door, string> = {
  telegram: 'in Telegram',
  discord: 'in Discord',
  slack: 'in Slack',
  whatsapp: 'in WhatsApp',
  cli: 'in the terminal',
  page: 'on the page',
  api: 'by the API',
  mcp: 'by an assistant',
};

/** @param decided such as `Allowed once` */
export function answeredOutcome(
  decided: string,
  { by, door, at, reason }: StoredAnswer,
  timeZone: string,
): string {
  const why = reason === undefined ? '' : ` Reason: ${reason.replace(/\s+/g, ' ')}`;
  return `${decided} by ${by} ${DOORS[door]} at ${localTime(at, timeZone).time}.${why}`;
}

/** @param decided what counts if nobody answers, such as `Refused` */
export function expiredOutcome(decided: string): string {
  return `Nobody answered in time. ${decided}.`;
}

/** @param uses of an answer for this very call: whether each was by an attempt before this one */
export function mayHaveRun(uses: readonly boolean[]): string {
  if (uses.length === 0) return '';
  if (!uses.includes(true)) return 'The same was allowed in this answer already, and is to run once more.';
  return '**This may have run already:** it was allowed, and Moby was cut off before it was known whether it ran. Allow it only if it may run twice.';
}
