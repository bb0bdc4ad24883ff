/** What the model is asked at a heartbeat: one light prompt in a conversation that begins anew each time. */
import type { HeartbeatState } from '../store/heartbeat-store.ts';

export const HEARTBEAT_NOTES: readonly string[] = [
  'This is a heartbeat: nobody wrote, and nobody is there to answer questions. What you answer is sent to the owner, unless it is HEARTBEAT_OK.',
];

/** @param checklist HEARTBEAT.md as it is */
export function heartbeatPrompt(
  checklist: string,
  { told, toldAt }: HeartbeatState,
  timeZone: string,
): string {
  const before =
    told === null || toldAt === null
      ? ''
      : `\nAt the last finding, ${when(toldAt, timeZone)}, the owner was told what stands between the quotation marks; do not repeat it unless something has changed:\n“${told.slice(0, 2000)}”\n`;
  return `Heartbeat. Below is HEARTBEAT.md. Follow it strictly: look at each item, do what it says, and nothing else; take up no tasks from before.
If nothing needs the owner now, answer with HEARTBEAT_OK and nothing else. If something does, answer with just what the owner should read, short, and without HEARTBEAT_OK.
${before}
<HEARTBEAT.md>
${checklist.trim()}
</HEARTBEAT.md>`;
}

function when(instant: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(
    instant,
  );
}
