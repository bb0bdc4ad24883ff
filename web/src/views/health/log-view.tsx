/** What a part logs, live while one looks at it. Lines are shown as text, whatever is in them. */
import type { LogsView } from '@mobyclaw/protocol/part';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { openLine } from '../../data/page.ts';
import { t } from '../../texts.ts';
import { Problem } from '../../ui/view-state.tsx';
import { lineOf } from './log-line.ts';

const MOST_LINES = 1000;

export function LogView() {
  const [part, setPart] = useState('gateway');
  const [isLive, setLive] = useState(true);
  const [lines, setLines] = useState<readonly string[]>([]);
  const [about, setAbout] = useState<Pick<LogsView, 'mode' | 'parts'> | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const box = useRef<HTMLPreElement>(null);
  const line = useMemo(() => {
    const query = new URLSearchParams({ part });
    return openLine<LogsView>(
      `/api/logs/stream?${query}`,
      (view) => {
        setAbout((was) => was ?? view);
        setProblem(null);
        if (view.lines.length > 0) setLines((shown) => [...shown, ...view.lines].slice(-MOST_LINES));
      },
      setProblem,
    );
  }, [part]);
  useEffect(() => setLines([]), [line]);
  useEffect(() => {
    if (!isLive) return;
    const look = (): void => (document.hidden ? line.stop() : line.start());
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      line.stop();
    };
  }, [line, isLive]);
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
