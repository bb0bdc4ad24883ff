/** A form that makes a schedule, with the next times as they are typed. */
import type { JobRequest, JobView } from '@mobyclaw/protocol/job';
import { useState } from 'preact/hooks';
import { ask, messageOf } from '../../data/api.ts';
import { go, hrefOf } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { ViewHeader } from '../../ui/view-header.tsx';
import { Problem } from '../../ui/view-state.tsx';
import { NextTimes } from './next-times.tsx';
import { weekdayName } from './schedule-text.ts';

type Kind = 'once' | 'days' | 'every' | 'cron';
const KINDS: readonly Kind[] = ['once', 'days', 'every', 'cron'];
const WEEK = [1, 2, 3, 4, 5, 6, 0]; // from Monday on

interface When {
  kind: Kind;
  at: string;
  time: string;
  days: ReadonlySet<number>;
  every: string;
  cron: string;
}

const BEGIN: When = { kind: 'once', at: '', time: '09:00', days: new Set(WEEK), every: '', cron: '' };

export function NewSchedule() {
  const [when, setWhen] = useState(BEGIN);
  const [isPrompt, setPrompt] = useState(false);
  const [text, setText] = useState('');
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const schedule = scheduleOf(when);
  const change = (part: Partial<When>): void => setWhen({ ...when, ...part });

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy || schedule === null) return;
    setBusy(true);
    setProblem(null);
    const body: JobRequest = {
      ...schedule,
      name: name.trim() || text.trim().split('\n')[0]?.slice(0, 60) || '',
      ...(isPrompt ? { prompt: text } : { message: text }),
    };
    try {
      await ask<JobView>('/api/jobs', { method: 'POST', body });
      go('schedules');
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <ViewHeader title={<h1>{t.schedules.new}</h1>} />
      <section class="sheet" tabIndex={0} aria-label={t.schedules.new}>
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
          <NextTimes schedule={schedule} />
          {problem !== null && <Problem text={problem} />}
          <div class="actions">
            <button
              type="submit"
              class="button primary"
              disabled={busy || schedule === null || text.trim() === ''}
            >
              {t.schedules.create}
            </button>
            <a class="button" href={hrefOf('schedules')}>
              {t.cancel}
            </a>
          </div>
        </form>
      </section>
    </>
  );
}

function WhenFields({ when, onChange }: { when: When; onChange: (part: Partial<When>) => void }) {
  switch (when.kind) {
    case 'once':
      return (
        <Field
          label={t.schedules.at}
          hint={t.schedules.atHint}
          value={when.at}
          onText={(at) => onChange({ at })}
        />
      );
    case 'every':
      return (
        <Field
          label={t.schedules.everyLabel}
          hint={t.schedules.everyHint}
          value={when.every}
          onText={(every) => onChange({ every })}
        />
      );
    case 'cron':
      return (
        <Field
          label={t.schedules.cronLabel}
          hint={t.schedules.cronHint}
          value={when.cron}
          onText={(cron) => onChange({ cron })}
        />
      );
    case 'days':
      return (
        <>
          <label>
            {t.schedules.time}
            <input
              type="time"
              required
              value={when.time}
              onInput={({ currentTarget }) => onChange({ time: currentTarget.value })}
            />
          </label>
          <fieldset>
            <legend>{t.schedules.onDays}</legend>
            <div class="kinds">
              {WEEK.map((day) => (
                <label key={day} class="kind">
                  <input
                    type="checkbox"
                    checked={when.days.has(day)}
                    onChange={() => onChange({ days: toggled(when.days, day) })}
                  />
                  <span>{weekdayName(day)}</span>
                </label>
              ))}
            </div>
          </fieldset>
        </>
      );
  }
}

interface FieldProps {
  label: string;
  hint: string;
  value: string;
  onText: (text: string) => void;
}

function Field({ label, hint, value, onText }: FieldProps) {
  return (
    <label>
      {label} <span class="quiet">{hint}</span>
      <input
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => onText(currentTarget.value)}
      />
    </label>
  );
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

/** As a request has it. @returns null where it is not typed yet */
function scheduleOf({ kind, at, time, days, every, cron }: When): Record<string, string> | null {
  if (kind === 'once') return at.trim() === '' ? null : { at: at.trim() };
  if (kind === 'every') return every.trim() === '' ? null : { every: every.trim() };
  if (kind === 'cron') return cron.trim() === '' ? null : { cron: cron.trim() };
  const [hour, minute] = time.split(':').map(Number);
  if (days.size === 0 || hour === undefined || minute === undefined) return null;
  const chosen = days.size === WEEK.length ? '*' : [...days].sort().join(',');
  return { cron: `${minute} ${hour} * * ${chosen}` };
}

function toggled(days: ReadonlySet<number>, day: number): ReadonlySet<number> {
  const next = new Set(days);
  if (!next.delete(day)) next.add(day);
  return next;
}
