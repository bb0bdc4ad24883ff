/** How long something still waits. Not read out as it runs: whoever wants to know goes there. */
import { t } from '../texts.ts';
import { useNow } from './now.ts';
import { fullTime } from './time-text.ts';

const SOON_MS = 120_000;

/** @param until RFC 3339 */
export function Countdown({ until }: { until: string }) {
  const leftMs = Math.max(0, Date.parse(until) - useNow().value);
  return (
    <time
      class={`countdown${leftMs < SOON_MS ? ' soon' : ''}`}
      dateTime={until}
      title={`${t.questions.until} ${fullTime(until)}`}
    >
      {t.questions.left(leftText(leftMs))}
    </time>
  );
}

/** As coarse as one needs to know it. */
export function leftText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 48) return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
  return t.questions.days(Math.floor(hours / 24));
}
