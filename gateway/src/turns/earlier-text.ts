/** What the attempts of a turn have said, from its event log, also those of a process that was killed. */
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import type { EventLog } from './event-log.ts';

/** @returns the text of the newest attempt that has any, because each attempt replaces the text of the one before */
export function textSeenLast(events: EventLog, turnSeq: number): string {
  let text = '';
  let takenBack = '';
  const read = ({ type, data }: NumberedEvent): void => {
    if (type === 'token') text += data.text;
    if (type !== 'replace') return;
    if (text.trim() !== '') takenBack = text;
    text = data.text;
  };
  events.subscribe(turnSeq, 0, read)?.();
  return text.trim() === '' ? takenBack : text;
}
