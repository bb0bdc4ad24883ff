/** What the model is asked at a heartbeat: one light prompt in a conversation that begins anew each time. */
import { cutText } from '@mobyclaw/lib/cut-text';
import type { HeartbeatState } from '../store/heartbeat-store.ts';
import { withoutComments } from './checklist.ts';

export const HEARTBEAT_NOTES: readonly string[] = [
  'This is a heartbeat: nobody wrote, and nobody is there to answer questions. What you answer is sent to the owner, unless it is HEARTBEAT_OK.',
];

/**
 * @param checklist HEARTBEAT.md as it is; the model gets it without comments
 * @param why what there is to be looked at, such as `the memory had changed`
 */
export function heartbeatPrompt(
  checklist: string,
  { told, toldAt, askedAt }: HeartbeatState,
  timeZone: string,
  why: string,
): string {
  const before =
    told === null || toldAt === null
      ? ''
      : `\nAt the last finding, ${when(toldAt, timeZone)}, the owner was told what stands between the quotation marks; do not repeat it unless something has changed:\n“${cutText(told, 2000)}”\n`;
  const since =
    askedAt === null
      ? 'It is the first time.'
      : `The last time was ${when(askedAt, timeZone)}: an item with a time of day or a date is due if that has come since then; look at all others.`;
  return `Heartbeat. Below is HEARTBEAT.md. Follow it strictly: look at each item, do what it says, and nothing else; take up no tasks from before. You go through it now because ${why}. ${since}
If nothing needs the owner now, answer with HEARTBEAT_OK and nothing else. If something does, answer with just what the owner should read, short, and without HEARTBEAT_OK.
${before}
<HEARTBEAT.md>
${withoutComments(checklist)}
</HEARTBEAT.md>`;
}

function when(instant: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(
    instant,
  );
}
