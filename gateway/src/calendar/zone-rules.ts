/**
 * A time zone as the stretches of constant offset between its transitions, found with Temporal once and kept. All other
 * calendar work is then arithmetic on "local milliseconds": a local date and time read as if it were UTC.
 */
import type { Temporal } from 'temporal-polyfill';

export interface ZoneSegment {
  /** First instant, in milliseconds since the epoch. */
  from: number;
  /** The next transition. */
  to: number;
  /** Local time minus UTC. */
  offsetMs: number;
}

export type TemporalNamespace = typeof Temporal;

const OFFSET_MARGIN_MS = 26 * 3_600_000; // the widest offsets are 14 h ahead and 12 h behind

export class ZoneRules {
  readonly #temporal: TemporalNamespace;
  readonly #zone: string;
  /** Without gaps, in order. */
  #segments: ZoneSegment[] = [];

  /** @param zone a known IANA name */
  constructor(temporal: TemporalNamespace, zone: string) {
    this.#temporal = temporal;
    this.#zone = zone;
  }

  /** The stretch that holds an instant. */
  at(instant: number): ZoneSegment {
    let segment = this.#segments.find(({ to }) => instant < to) ?? this.#segments.at(-1);
    if (!segment) {
      segment = this.#find(instant);
      this.#segments = [segment];
    }
    while (instant < segment.from) segment = this.#before(segment);
    while (instant >= segment.to) segment = this.after(segment);
    return segment;
  }

  /** The stretch that follows. @throws RangeError after the last one */
  after(segment: ZoneSegment): ZoneSegment {
    if (segment.to === Number.POSITIVE_INFINITY) throw new RangeError('there is no later transition');
    const known = this.#segments[this.#segments.indexOf(segment) + 1];
    if (known) return known;
    const found = this.#find(segment.to);
    this.#segments.push(found);
    return found;
  }

  /**
   * The instant of a local time: the first where it is doubled, the end of the gap where it is skipped.
   * @param local local milliseconds
   */
  instantOf(local: number): number {
    let segment = this.at(local - OFFSET_MARGIN_MS);
    for (;;) {
      const instant = Math.max(local - segment.offsetMs, segment.from);
      if (instant < segment.to) return instant;
      segment = this.after(segment);
    }
  }

  #before(segment: ZoneSegment): ZoneSegment {
    const found = this.#find(segment.from - 1);
    this.#segments.unshift(found);
    return found;
  }

  #find(instant: number): ZoneSegment {
    const here = this.#temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(this.#zone);
    const previous = here.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
    const next = here.getTimeZoneTransition('next');
    return {
      from: previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
      to: next?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
      offsetMs: here.offsetNanoseconds / 1_000_000,
    };
  }
}
