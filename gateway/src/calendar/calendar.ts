/**
 * Zones and cron expressions, read once each. Temporal and node-cron are loaded when the first job needs them: a gateway
 * without schedules starts without them.
 */

import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import { keptZone, zoneProblem } from '@mobyclaw/lib/time-zone';
import { CronFields, type CronParser } from './cron-fields.ts';
import { atSlots, cronSlots, everySlots, type Schedule, type Slots } from './schedule.ts';
import { ScheduleError } from './schedule-error.ts';
import { type TemporalNamespace, ZoneRules } from './zone-rules.ts';

const MOST_EXPRESSIONS = 2000;

export async function loadCalendar(): Promise<Calendar> {
  const [{ Temporal }, cron] = await Promise.all([import('temporal-polyfill'), import('node-cron')]);
  return new Calendar(Temporal, cron);
}

export class Calendar {
  readonly #temporal: TemporalNamespace;
  readonly #parser: CronParser;
  readonly #zones = new Map<string, ZoneRules>();
  readonly #expressions = new BoundedMap<string, CronFields>(MOST_EXPRESSIONS);

  constructor(temporal: TemporalNamespace, parser: CronParser) {
    this.#temporal = temporal;
    this.#parser = parser;
  }

  /** @throws ScheduleError where it is no IANA time zone, with the likely one */
  zone(name: string): ZoneRules {
    let rules = this.#zones.get(name);
    if (!rules) {
      checkZone(name);
      rules = new ZoneRules(this.#temporal, name);
      this.#zones.set(name, rules);
    }
    return rules;
  }

  /** @throws ScheduleError where it is no expression */
  fields(expression: string): CronFields {
    let fields = this.#expressions.get(expression);
    if (!fields) {
      fields = new CronFields(expression, this.#parser);
      this.#expressions.set(expression, fields);
    }
    return fields;
  }

  /** @throws ScheduleError */
  slots(schedule: Schedule, timeZone: string): Slots {
    if (schedule.kind === 'at') return atSlots(schedule.at);
    if (schedule.kind === 'every') return everySlots(schedule.everyMs, schedule.anchor);
    return cronSlots(this.fields(schedule.cron), this.zone(keptZone(timeZone)));
  }

  /** RFC 3339 with the offset that the zone has then, to the second. */
  localText(instant: number, timeZone: string): string {
    const { offsetMs } = this.zone(keptZone(timeZone)).at(instant);
    const minutes = Math.round(Math.abs(offsetMs) / 60_000);
    const pad = (value: number): string => String(value).padStart(2, '0');
    const offset = `${offsetMs < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
    return `${new Date(instant + offsetMs).toISOString().slice(0, 19)}${offset}`;
  }
}

function checkZone(name: string): void {
  const problem = zoneProblem(name);
  if (problem !== null) throw new ScheduleError('timeZone', `"${name}" ${problem}.`);
}
