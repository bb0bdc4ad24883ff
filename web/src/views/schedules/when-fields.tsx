/** When a schedule runs, as one types it: once, on days of the week, again and again, or by cron. */
import type { JobView } from '@mobyclaw/protocol/job';
import { t } from '../../texts.ts';
import { weekdayName } from './schedule-text.ts';

type Kind = 'once' | 'days' | 'every' | 'cron';
export const KINDS: readonly Kind[] = ['once', 'days', 'every', 'cron'];
const WEEK = [1, 2, 3, 4, 5, 6, 0]; // from Monday on
const ON_DAYS = /^(\d{1,2}) (\d{1,2}) \* \* (\*|1-5|[0-6](?:,[0-6])*)$/;

export interface When {
  kind: Kind;
  at: string;
  time: string;
  days: ReadonlySet<number>;
  every: string;
  cron: string;
}

const BEGIN: When = { kind: 'once', at: '', time: '09:00', days: new Set(WEEK), every: '', cron: '' };

/** @param job null: a new one */
export function whenOf(job: Pick<JobView, 'at' | 'every' | 'cron' | 'timeZone'> | null): When {
  if (job?.at !== undefined) return { ...BEGIN, kind: 'once', at: localTime(job.at, job.timeZone) };
  if (job?.every !== undefined) return { ...BEGIN, kind: 'every', every: job.every };
  if (job?.cron === undefined) return BEGIN;
  const [, minute = '', hour = '', days = ''] = ON_DAYS.exec(job.cron.trim()) ?? [];
  if (days === '') return { ...BEGIN, kind: 'cron', cron: job.cron };
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  const chosen = days === '*' ? WEEK : days === '1-5' ? [1, 2, 3, 4, 5] : days.split(',').map(Number);
  return { ...BEGIN, kind: 'days', time, days: new Set(chosen) };
}

/** As the field for it takes it: 2026-12-24T18:00. @param at RFC 3339 */
export function localTime(at: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
    timeZone,
  } as Intl.DateTimeFormatOptions).format(new Date(at));
  return parts.replace(' ', 'T');
}

/** As a request has it. @returns null where it is not typed yet */
export function scheduleOf({ kind, at, time, days, every, cron }: When): Record<string, string> | null {
  if (kind === 'once') return at.trim() === '' ? null : { at: at.trim() };
  if (kind === 'every') return every.trim() === '' ? null : { every: every.trim() };
  if (kind === 'cron') return cron.trim() === '' ? null : { cron: cron.trim() };
  const [hour, minute] = time.split(':').map(Number);
  if (days.size === 0 || hour === undefined || minute === undefined) return null;
  const list = [...days].sort().join(',');
  const chosen = days.size === WEEK.length ? '*' : list === '1,2,3,4,5' ? '1-5' : list;
  return { cron: `${minute} ${hour} * * ${chosen}` };
}

function toggled(days: ReadonlySet<number>, day: number): ReadonlySet<number> {
  const next = new Set(days);
  if (!next.delete(day)) next.add(day);
  return next;
}

export function WhenFields({ when, onChange }: { when: When; onChange: (part: Partial<When>) => void }) {
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

export function Field({ label, hint, value, onText }: FieldProps) {
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
