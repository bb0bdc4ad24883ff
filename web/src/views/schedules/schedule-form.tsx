/** A form that makes a schedule or changes one, with the next times as they are typed. */
import type { JobChange, JobRequest, JobView } from '@mobyclaw/protocol/job';
import type { SessionView } from '@mobyclaw/protocol/session';
import { useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { go, hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { useResource } from '../../ui/use-resource.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Loading, Problem } from '../../ui/view-state.tsx';
import { nameOf } from '../chat/conversation-name.ts';
import { NextTimes } from './next-times.tsx';
import { ownTimeZone } from './schedule-text.ts';
import { Field, KINDS, localTime, scheduleOf, type When, WhenFields, whenOf } from './when-fields.tsx';

/** What may stay empty. */
interface Rest {
  channel: string;
  timeZone: string;
  until: string;
  count: string;
}

export function EditSchedule({ id }: { id: string }) {
  const job = useResource<JobView>(`/api/jobs/${encodeURIComponent(id)}`, ['jobs']);
  if (job.value.value) return <ScheduleForm job={job.value.value} />;
  return (
    <>
      <ViewHeader title={<h1>{t.schedules.edit}</h1>} />
      <section class="sheet">
        {job.problem.value === null ? <Loading /> : <Problem text={job.problem.value} />}
      </section>
    </>
  );
}

/** @param job as it was when it was opened; null: a new one */
export function ScheduleForm({ job: given }: { job: JobView | null }) {
  const [job] = useState(given); // what changes beside it must not take away what is typed
  const [when, setWhen] = useState(() => whenOf(job));
  const [isPrompt, setPrompt] = useState(job?.prompt !== undefined);
  const [text, setText] = useState(job?.prompt ?? job?.message ?? '');
  const [name, setName] = useState(job?.name ?? '');
  const [rest, setRest] = useState(() => restOf(job));
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const schedule = scheduleOf(when);
  const isChanged = job === null || JSON.stringify(schedule) !== JSON.stringify(scheduleOf(whenOf(job)));
  const change = (part: Partial<When>): void => setWhen({ ...when, ...part });
  const back = job === null ? hrefOf('schedules') : hrefOf('schedules', job.id);
  const title = job === null ? t.schedules.new : t.schedules.edit;

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy || schedule === null) return;
    setBusy(true);
    setProblem(null);
    const called = name.trim() || text.trim().split('\n')[0]?.slice(0, 60) || '';
    try {
      if (job === null) {
        const body: JobRequest = {
          ...schedule,
          name: called,
          ...(isPrompt ? { prompt: text } : { message: text }),
          ...filled(rest),
        };
        await ask<JobView>('/api/jobs', { method: 'POST', body });
        go('schedules');
        return;
      }
      const body: JobChange = {
        ...(isChanged && schedule),
        name: called,
        ...(isPrompt ? { prompt: text } : { message: text }),
        ...(isPrompt !== (job.prompt !== undefined) && (isPrompt ? { message: null } : { prompt: null })),
        ...changed(restOf(job), rest),
      };
      await ask<JobView>(`/api/jobs/${encodeURIComponent(job.id)}`, { method: 'PATCH', body });
      go('schedules', job.id);
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <ViewHeader title={<h1>{title}</h1>} />
      <section class="sheet" tabIndex={0} aria-label={title}>
        <form class="form" onSubmit={(event) => void submit(event)}>
          <fieldset>
            <legend>{t.schedules.what}</legend>
            <Choice
              name="what"
              checked={!isPrompt}
              onChoose={() => setPrompt(false)}
              {...t.schedules.message}
            />
            <Choice name="what" checked={isPrompt} onChoose={() => setPrompt(true)} {...t.schedules.prompt} />
          </fieldset>
          <label>
            {isPrompt ? t.schedules.promptText : t.schedules.messageText}
            <textarea
              rows={3}
              dir="auto"
              required
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
          </label>
          <label>
            {t.schedules.name} <span class="quiet">{t.schedules.nameOptional}</span>
            <input
              dir="auto"
              maxLength={100}
              value={name}
              onInput={({ currentTarget }) => setName(currentTarget.value)}
            />
          </label>
          <fieldset>
            <legend>{t.schedules.when}</legend>
            <div class="kinds">
              {KINDS.map((kind) => (
                <label key={kind} class="kind">
                  <input
                    type="radio"
                    name="kind"
                    checked={when.kind === kind}
                    onChange={() => change({ kind })}
                  />
                  <span>{t.schedules.kinds[kind]}</span>
                </label>
              ))}
            </div>
          </fieldset>
          <WhenFields when={when} onChange={change} />
          <More rest={rest} onChange={(part) => setRest({ ...rest, ...part })} />
          <NextTimes schedule={schedule && { ...schedule, ...previewed(rest) }} />
          {problem !== null && <Problem text={problem} />}
          <div class="actions">
            <button
              type="submit"
              class="button primary"
              disabled={busy || schedule === null || text.trim() === ''}
            >
              {job === null ? t.schedules.create : t.save}
            </button>
            <a class="button" href={back}>
              {t.cancel}
            </a>
          </div>
        </form>
      </section>
    </>
  );
}

/** Where it goes, and until when; folded, since most need none of it. */
function More({ rest, onChange }: { rest: Rest; onChange: (part: Partial<Rest>) => void }) {
  const sessions = useResource<{ items: SessionView[] }>('/api/sessions?limit=50', ['sessions', 'turns']);
  const isUsed = Object.values(rest).some((value) => value !== '');
  return (
    <details class="more" open={isUsed}>
      <summary>{t.schedules.more}</summary>
      <label>
        {t.schedules.channel} <span class="quiet">{t.schedules.channelHint}</span>
        <input
          list="schedule-channels"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={rest.channel}
          onInput={({ currentTarget }) => onChange({ channel: currentTarget.value })}
        />
        <datalist id="schedule-channels">
          {sessions.value.value?.items.map((session) => (
            <option key={session.key} value={session.key}>
              {nameOf(session.key, session)}
            </option>
          ))}
        </datalist>
      </label>
      <Field
        label={t.schedules.zone}
        hint={t.schedules.zoneHint(ownTimeZone())}
        value={rest.timeZone}
        onText={(timeZone) => onChange({ timeZone })}
      />
      <Field
        label={t.schedules.until}
        hint={t.schedules.untilHint}
        value={rest.until}
        onText={(until) => onChange({ until })}
      />
      <label>
        {t.schedules.count} <span class="quiet">{t.schedules.countHint}</span>
        <input
          type="number"
          min={1}
          max={1_000_000}
          value={rest.count}
          onInput={({ currentTarget }) => onChange({ count: currentTarget.value })}
        />
      </label>
    </details>
  );
}

function restOf(job: JobView | null): Rest {
  if (job === null) return { channel: '', timeZone: '', until: '', count: '' };
  return {
    channel: job.channel ?? '',
    timeZone: job.timeZone,
    until: job.until === undefined ? '' : localTime(job.until, job.timeZone),
    count: job.count === undefined ? '' : String(job.count),
  };
}

/** As a request has it: what is empty is left out. */
function filled({ channel, timeZone, until, count }: Rest): Partial<JobRequest> {
  return {
    ...(channel.trim() !== '' && { channel: channel.trim() }),
    ...(timeZone.trim() !== '' && { timeZone: timeZone.trim() }),
    ...(until.trim() !== '' && { until: until.trim() }),
    ...(count !== '' && { count: Number(count) }),
  };
}

/** As a change has it: what was emptied is taken away; a time zone there always is. */
function changed(before: Rest, now: Rest): JobChange {
  const fields = Object.keys(now) as (keyof Rest)[];
  const different = fields.filter((field) => now[field].trim() !== before[field]);
  const values = filled(now);
  return Object.fromEntries(
    different.flatMap((field) => {
      const value = values[field] ?? null;
      return field === 'timeZone' && value === null ? [] : [[field, value]];
    }),
  );
}

function previewed(rest: Rest): Record<string, string> {
  const { channel: _, ...times } = filled(rest);
  return Object.fromEntries(Object.entries(times).map(([field, value]) => [field, String(value)]));
}

interface ChoiceProps {
  name: string;
  label: string;
  about: string;
  checked: boolean;
  onChoose: () => void;
}

function Choice({ name, label, about, checked, onChoose }: ChoiceProps) {
  return (
    <label class="choice">
      <input type="radio" name={name} checked={checked} onChange={onChoose} />
      <span>
        {label} <span class="quiet">{about}</span>
      </span>
    </label>
  );
}
