/** The log of the door, the newest first, a page at a time. */
import type { DoorRow } from '@mobyclaw/protocol/egress';
import type { EgressLog } from '@mobyclaw/protocol/egress-view';
import { useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { t } from '../../texts.ts';
import { fullTime } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { Problem } from '../../ui/view-state.tsx';

const PAGE = 50;

export function DoorLog() {
  const newest = useResource<EgressLog>(`/api/egress/log?limit=${PAGE}`, ['egress']);
  const [older, setOlder] = useState<EgressLog | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const first = newest.value.value;
  const shown = first ? joined(first.items, older?.items ?? []) : [];
  const before = older ? older.before : (first?.before ?? null);
  const more = async (): Promise<void> => {
    try {
      const page = await ask<EgressLog>(`/api/egress/log?limit=${PAGE}&before=${before}`);
      setOlder({ items: joined(older?.items ?? [], page.items), before: page.before });
      setProblem(null);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <section aria-labelledby="egress-log">
      <h2 id="egress-log">{t.egress.log}</h2>
      <p class="quiet">{t.egress.logAbout}</p>
      {(problem ?? newest.problem.value) !== null && <Problem text={problem ?? newest.problem.value ?? ''} />}
      {first && shown.length === 0 && <p class="quiet">{t.egress.nothing}</p>}
      <ul class="rows">
        {shown.map((row) => (
          <li key={row.id}>
            <div class="row-text">
              <strong>{`${row.host}:${row.port}`}</strong> <span class="tag">{row.verdict}</span>
              <span class="quiet">
                {[
                  fullTime(row.at),
                  row.reason,
                  row.verdict === 'allowed' ? t.egress.bytes(size(row.bytesIn), size(row.bytesOut)) : '',
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </div>
          </li>
        ))}
      </ul>
      {before !== null && (
        <button type="button" class="button" onClick={() => void more()}>
          {t.egress.more}
        </button>
      )}
    </section>
  );
}

/** Both lists hold the newest first; rows that stand in both are told once. */
function joined(newer: readonly DoorRow[], older: readonly DoorRow[]): DoorRow[] {
  return [...new Map([...newer, ...older].map((row) => [row.id, row])).values()];
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
