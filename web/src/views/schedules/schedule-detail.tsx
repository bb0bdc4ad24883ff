/** One schedule: what it does, its next times, how it ran; pause, run now, delete. */
import type { JobView, RunView } from '@mobyclaw/protocol/job';
import { useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { go, hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { Icon } from '../../ui/icon.tsx';
import { fullTime, shortTime } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { whenText, zonedTime } from './schedule-text.ts';

export function ScheduleDetail({ id }: { id: string }) {
  const path = `/api/jobs/${encodeURIComponent(id)}`;
  const job = useResource<JobView>(path, ['jobs']);
  const runs = useResource<{ items: RunView[] }>(`${path}/runs?limit=50`, ['jobs']);
  const [problem, setProblem] = useState<string | null>(null);
  const [isSure, setSure] = useState(false);
  const view = job.value.value;

  async function act(work: () => Promise<unknown>): Promise<void> {
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(messageOf(error));
    }
  }
  const enable = (enabled: boolean): void =>
    void act(() => ask(path, { method: 'PATCH', body: { enabled } }));
  const remove = (): void =>
    void act(async () => {
      await ask(path, { method: 'DELETE' });
      go('schedules');
    });

  return (
    <>
      <ViewHeader title={<h1 dir="auto">{view?.name ?? t.views.schedules}</h1>}>
        <a class="button" href={hrefOf('schedules')}>
          {t.schedules.back}
        </a>
      </ViewHeader>
      <section class="sheet" tabIndex={0} aria-label={view?.name ?? t.views.schedules}>
        {!view && (job.problem.value === null ? <Loading /> : <Problem text={job.problem.value} />)}
        {view && (
          <>
            <section class="about">
              <p class="words" dir="auto">
                {view.prompt ?? view.message}
              </p>
              <p class="quiet">
                {view.prompt === undefined ? t.schedules.isMessage : t.schedules.isPrompt} · {whenText(view)}
                {view.state !== 'active' && ` · ${t.schedules.states[view.state]}`}
                {view.target !== undefined && ` · ${t.schedules.goesTo} ${view.target}`}
              </p>
              {view.next && view.next.length > 0 && (
                <ol class="next-list">
                  {view.next.map((at) => (
                    <li key={at}>{zonedTime(at, view.timeZone)}</li>
                  ))}
                </ol>
              )}
              <div class="actions">
                <a class="button" href={hrefOf('schedules', `${id}/edit`)}>
                  {t.schedules.change}
                </a>
                <button
                  type="button"
                  class="button"
                  onClick={() => void act(() => ask(`${path}/run`, { method: 'POST' }))}
                >
                  {t.schedules.runNow}
                </button>
                {view.enabled ? (
                  <button type="button" class="button" onClick={() => enable(false)}>
                    {t.schedules.pause}
                  </button>
                ) : (
                  view.state !== 'finished' && (
                    <button type="button" class="button primary" onClick={() => enable(true)}>
                      {t.schedules.resume}
                    </button>
                  )
                )}
                <button
                  type="button"
                  class="button danger"
                  onClick={() => (isSure ? remove() : setSure(true))}
                >
                  {isSure ? t.schedules.sure : t.schedules.delete}
                </button>
              </div>
              {problem !== null && <Problem text={problem} />}
            </section>
            <section aria-labelledby="runs">
              <h2 id="runs">{t.schedules.runs}</h2>
              {runs.value.value?.items.length === 0 && <p class="quiet">{t.schedules.noRuns}</p>}
              <ul class="rows">
                {runs.value.value?.items.map((run) => (
                  <Run key={run.id} run={run} />
                ))}
              </ul>
            </section>
          </>
        )}
      </section>
    </>
  );
}

function Run({ run }: { run: RunView }) {
  const { slot, state, outcome, detail, text, delivery, trigger, turn, job } = run;
  const isGood = outcome === 'succeeded' || outcome === 'fallback';
  const why = delivery.error ?? detail;
  return (
    <li class="decided">
      <Icon name={state !== 'ended' ? 'clock' : isGood ? 'check' : 'close'} />
      <div class="row-text">
        <strong>{outcome === undefined ? t.schedules.running : t.schedules.outcomes[outcome]}</strong>{' '}
        {trigger !== 'schedule' && <span class="tag">{t.schedules.triggers[trigger]}</span>}
        {why !== undefined && <span class="quiet">{why}</span>}
        {text !== undefined && (
          <span class="quiet clamp" dir="auto">
            {text}
          </span>
        )}
        {turn !== undefined && (
          <a class="quiet" href={hrefOf('chat', `cron:${job}`)}>
            {t.schedules.conversation}
          </a>
        )}
      </div>
      <time class="quiet" dateTime={slot} title={fullTime(slot)}>
        {shortTime(slot)}
      </time>
    </li>
  );
}
