/** What Moby does by himself: schedules and reminders, how they ran, and the heartbeat. `rest`: an id, `<id>/edit`, `new`, or nothing. */
import type { JobView } from '@mobyclaw/protocol/job';
import { signal } from '@preact/signals';
import { go, hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { Icon } from '../../ui/icon.tsx';
import { fullTime, shortTime } from '../../ui/time-text.ts';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { proposal } from '../chat/chat-state.ts';
import { HOME } from '../chat/conversation-name.ts';
import type { ViewProps } from '../registry.ts';
import { Heartbeat } from './heartbeat.tsx';
import { ScheduleDetail } from './schedule-detail.tsx';
import { EditSchedule, ScheduleForm } from './schedule-form.tsx';
import { whenText } from './schedule-text.ts';

/** Whether those that have finished are listed too. */
const withFinished = signal(false);

export function SchedulesView({ rest }: ViewProps) {
  if (rest === 'new') return <ScheduleForm key="new" job={null} />;
  const edited = /^(.+)\/edit$/.exec(rest)?.[1];
  if (edited !== undefined) return <EditSchedule key={rest} id={edited} />;
  if (rest !== '') return <ScheduleDetail key={rest} id={rest} />;
  return <List />;
}

function List() {
  const jobs = useResource<{ items: JobView[] }>(`/api/jobs${withFinished.value ? '?all=true' : ''}`, [
    'jobs',
  ]);
  const items = jobs.value.value?.items;
  return (
    <>
      <ViewHeader title={<h1>{t.views.schedules}</h1>}>
        <a class="button primary" href={hrefOf('schedules', 'new')}>
          {t.schedules.add}
        </a>
      </ViewHeader>
      <section class="sheet" tabIndex={0} aria-label={t.views.schedules}>
        {jobs.problem.value !== null && (
          <Problem text={jobs.problem.value} onRetry={() => void jobs.refresh()} />
        )}
        <section aria-labelledby="jobs">
          <h2 id="jobs">{t.schedules.title}</h2>
          <p class="quiet">
            {t.schedules.about}{' '}
            <button
              type="button"
              class="link"
              onClick={() => {
                proposal.value = { session: HOME, text: t.schedules.inWords };
                go('chat', HOME);
              }}
            >
              {t.schedules.say}
            </button>
          </p>
          {!items && jobs.problem.value === null && <Loading />}
          {items?.length === 0 && <p class="empty">{t.schedules.none}</p>}
          {items && items.length > 0 && (
            <ul class="rows">
              {items.toSorted(byNext).map((job) => (
                <Row key={job.id} job={job} />
              ))}
            </ul>
          )}
          <label class="check">
            <input
              type="checkbox"
              checked={withFinished.value}
              onChange={({ currentTarget }) => {
                withFinished.value = currentTarget.checked;
              }}
            />
            {t.schedules.withFinished}
          </label>
        </section>
        <Heartbeat />
      </section>
    </>
  );
}

function Row({ job }: { job: JobView }) {
  const { id, name, prompt, message, nextRun, state, lastRun, guest } = job;
  const failed = lastRun?.outcome === 'failed' || lastRun?.outcome === 'undelivered';
  return (
    <li class={`job ${state}`}>
      <Icon name={prompt === undefined ? 'bell' : 'clock'} />
      <div class="row-text">
        <a href={hrefOf('schedules', id)} dir="auto">
          {name}
        </a>{' '}
        {state !== 'active' && <span class={`tag ${state}`}>{t.schedules.states[state]}</span>}{' '}
        {guest && <span class="tag">{t.schedules.ofGuest}</span>}
        <span class="quiet one-line" dir="auto">
          {prompt ?? message}
        </span>
        <span class="quiet">
          {whenText(job)}
          {failed && <span class="failure"> · {t.schedules.lastFailed}</span>}
        </span>
      </div>
      {nextRun !== undefined && (
        <time class="next" dateTime={nextRun} title={fullTime(nextRun)}>
          {shortTime(nextRun)}
        </time>
      )}
    </li>
  );
}

/** What comes next is at the top, what rests at the end. */
function byNext(a: JobView, b: JobView): number {
  return (a.nextRun ?? '~').localeCompare(b.nextRun ?? '~') || a.name.localeCompare(b.name);
}
