/** Whether a log has the same entry from right before, as an attempt that was repeated writes it. Later it has happened again. */
import { linesOf } from '../markdown.ts';
import { isSameFact } from './same-fact.ts';

const LATELY_MINUTES = 15;
const ENTRY = /^\s*[-*]\s+(\d\d):(\d\d)\s+(.*)$/;

/** @param now HH:MM @returns the line that stands there */
export function loggedLately(log: string, line: string, now: string): string | undefined {
  const said = ENTRY.exec(line)?.[3] ?? '';
  const minute = (hours = '', minutes = ''): number => Number(hours) * 60 + Number(minutes);
  const at = minute(...(now.split(':') as [string, string]));
  return linesOf(log).find((other) => {
    const [, hours, minutes, text = ''] = ENTRY.exec(other) ?? [];
    const ago = at - minute(hours, minutes);
    return hours !== undefined && ago >= 0 && ago <= LATELY_MINUTES && isSame(text, said);
  });
}

function isSame(a: string, b: string): boolean {
  return a.trim() === b.trim() || isSameFact(a, b);
}
