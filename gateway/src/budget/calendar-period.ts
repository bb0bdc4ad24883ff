/** Days and months of the owner's calendar, in which caps are counted. */
import type { Temporal as TemporalNamespace } from 'temporal-polyfill';

export type Period = 'day' | 'month';

export class OwnerCalendar {
  readonly #temporal: typeof TemporalNamespace;
  readonly #timeZone: string;

  constructor(temporal: typeof TemporalNamespace, timeZone: string) {
    this.#temporal = temporal;
    this.#timeZone = timeZone;
  }

  /** When the day or month of `now` began and when it ends, in milliseconds since the epoch. */
  bounds(period: Period, now: number): { start: number; end: number } {
    const here = this.#temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(this.#timeZone);
    const start = (period === 'day' ? here : here.with({ day: 1 })).startOfDay();
    const end = start.add(period === 'day' ? { days: 1 } : { months: 1 });
    return { start: start.epochMilliseconds, end: end.epochMilliseconds };
  }
}
