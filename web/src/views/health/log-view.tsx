/** What a part logs, live while one looks on. Lines are shown as text, whatever is in them. */
import type { LogsView } from '@mobyclaw/protocol/part';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { t } from '../../texts.ts';
import { Problem } from '../../ui/view-state.tsx';
import { lineOf } from './log-line.ts';

const LOOK_AGAIN_MS = 1500;
const MOST_LINES = 1000;

export function LogView() {
  const [part, setPart] = useState('gateway');
  const [isLive, setLive] = useState(true);
  const [lines, setLines] = useState<readonly string[]>([]);
  const [about, setAbout] = useState<Pick<LogsView, 'mode' | 'parts'> | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const box = useRef<HTMLPreElement>(null);
  const next = useRef<string | null>(null);
  useEffect(() => {
    next.current = null;
    setLines([]);
  }, [part]);
  useEffect(() => {
    if (!isLive) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      if (!document.hidden) {
        const query = new URLSearchParams({ part, ...(next.current !== null && { after: next.current }) });
        try {
          const view = await ask<LogsView>(`/api/logs?${query}`, { signal: abort.signal });
          next.current = view.next;
          setAbout((was) => was ?? view);
          setProblem(null);
          if (view.lines.length > 0) setLines((shown) => [...shown, ...view.lines].slice(-MOST_LINES));
        } catch (error) {
          if (abort.signal.aborted) return;
          setProblem(messageOf(error));
        }
      }
      if (!abort.signal.aborted) timer = setTimeout(look, LOOK_AGAIN_MS);
    };
    void look();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [part, isLive]);
  useLayoutEffect(() => {
    const { current } = box;
    if (!current) return;
    const isAtEnd = current.scrollHeight - current.scrollTop - current.clientHeight < 120;
    if (isAtEnd || lines.length < 2) current.scrollTop = current.scrollHeight;
  }, [lines]);
  return (
    <section aria-labelledby="health-logs">
      <div class="log-head">
        <h2 id="health-logs">{t.health.logs}</h2>
        <select
          class="button"
          aria-label={t.health.logOf}
          value={part}
          onChange={({ currentTarget }) => setPart(currentTarget.value)}
        >
          {(about?.parts ?? ['gateway']).map((name) => (
            <option key={name} value={name}>
              {t.health.partNames[name] ?? name}
            </option>
          ))}
        </select>
        <label class="log-live">
          <input
            type="checkbox"
            checked={isLive}
            onChange={({ currentTarget }) => setLive(currentTarget.checked)}
          />{' '}
          {t.health.live}
        </label>
      </div>
      {about?.mode === 'containers' && <p class="quiet">{t.health.logsElsewhere}</p>}
      {problem !== null && <Problem text={problem} />}
      <pre class="log" ref={box} tabIndex={0} role="log" aria-live="off" aria-label={t.health.logs}>
        {lines.length === 0 ? t.health.noLines : lines.map(lineOf).join('\n')}
      </pre>
    </section>
  );
}
