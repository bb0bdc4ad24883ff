/** The next times of what is typed, as the gateway reckons them; or what is wrong with it. */
import type { JobPreview } from '@mobyclaw/protocol/job';
import { useEffect, useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { t } from '../../texts.ts';
import { zonedTime } from './schedule-text.ts';

const TYPING_MS = 200; // else each letter of a word would be asked about

/** @param schedule of a request, such as `{ cron: '0 7 * * *' }`; null where nothing is typed yet */
export function NextTimes({ schedule }: { schedule: Readonly<Record<string, string>> | null }) {
  const [preview, setPreview] = useState<JobPreview | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const query = schedule === null ? null : new URLSearchParams(schedule).toString();
  useEffect(() => {
    if (query === null) {
      setPreview(null);
      setProblem(null);
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        setPreview(await ask<JobPreview>(`/api/jobs/preview?${query}`, { signal: abort.signal }));
        setProblem(null);
      } catch (error) {
        if (abort.signal.aborted) return;
        setPreview(null);
        setProblem(messageOf(error));
      }
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [query]);
  return (
    <div class="next-times" role="status">
      {problem !== null && <p class="failure">{problem}</p>}
      {preview && (
        <>
          <p class="quiet">{t.schedules.nextTimes(preview.timeZone)}</p>
          <ol>
            {preview.next.map((at) => (
              <li key={at}>{zonedTime(at, preview.timeZone)}</li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
