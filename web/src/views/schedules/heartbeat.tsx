/** When Moby wakes by himself: what he last found, why he was silent, and a beat now. */
import type { BeatView, HeartbeatView } from '@mobyclaw/protocol/heartbeat';
import { useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { t } from '../../texts.ts';
import { Icon } from '../../ui/icon.tsx';
import { clockTime, fullTime, shortTime } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { FileView } from '../memory/file-view.tsx';

const FEW = 8;
const MANY = 200;

export function Heartbeat() {
  const [limit, setLimit] = useState(FEW);
  const heartbeat = useResource<HeartbeatView>(`/api/heartbeat?limit=${limit}`, ['heartbeat']);
  const [problem, setProblem] = useState<string | null>(null);
  const view = heartbeat.value.value;
  async function beat(): Promise<void> {
    setProblem(null);
    try {
      await ask('/api/heartbeat/run', { method: 'POST' });
    } catch (error) {
      setProblem(messageOf(error));
    }
  }
  return (
    <section aria-labelledby="heartbeat">
      <h2 id="heartbeat">{t.heartbeat.title}</h2>
      {!view && (heartbeat.problem.value === null ? <Loading /> : <Problem text={heartbeat.problem.value} />)}
      {view && (
        <>
          <p class="quiet">{stateText(view)}</p>
          {view.state === 'on' && (
            <div class="actions">
              <button type="button" class="button" onClick={() => void beat()}>
                {t.heartbeat.now}
              </button>
            </div>
          )}
          {problem !== null && <Problem text={problem} />}
          <div class="checklist">
            <FileView name="HEARTBEAT.md" title={t.heartbeat.list} line={null} />
          </div>
          <h3>{t.heartbeat.beats}</h3>
          {view.beats.length === 0 ? (
            view.state === 'on' && <p class="quiet">{t.heartbeat.none}</p>
          ) : (
            <ul class="rows">
              {view.beats.map((one) => (
                <Beat key={one.slot} beat={one} />
              ))}
            </ul>
          )}
          {view.beats.length === FEW && limit === FEW && (
            <button type="button" class="edge" onClick={() => setLimit(MANY)}>
              {t.heartbeat.more}
            </button>
          )}
        </>
      )}
    </section>
  );
}

function stateText({ state, intervalMs, activeHours, nextAt, failures }: HeartbeatView): string {
  if (state === 'off') return t.heartbeat.off;
  const parts = [
    t.heartbeat.on(Math.round((intervalMs ?? 0) / 60_000), activeHours),
    ...(nextAt === undefined ? [] : [t.heartbeat.next(clockTime(nextAt))]),
    ...(failures === 0 ? [] : [t.heartbeat.failures(failures)]),
  ];
  return parts.join(' ');
}

function Beat({ beat: { slot, trigger, outcome, detail, why, text, channel } }: { beat: BeatView }) {
  return (
    <li class="decided">
      <Icon
        name={
          outcome === 'found' ? 'bell' : outcome === 'failed' || outcome === 'undelivered' ? 'close' : 'clock'
        }
      />
      <div class="row-text">
        <strong>{outcome === undefined ? t.heartbeat.asking : t.heartbeat.outcomes[outcome]}</strong>{' '}
        {trigger === 'manual' && <span class="tag">{t.heartbeat.manual}</span>}
        {detail !== undefined && <span class="quiet">{detail}</span>}
        {why !== undefined && <span class="quiet">{t.heartbeat.why(why)}</span>}
        {text !== undefined && (
          <span class="clamp" dir="auto">
            {text}
          </span>
        )}
        {channel !== undefined && <span class="quiet">{t.heartbeat.to(channel)}</span>}
      </div>
      <time class="quiet" dateTime={slot} title={fullTime(slot)}>
        {shortTime(slot)}
      </time>
    </li>
  );
}
