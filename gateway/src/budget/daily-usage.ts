/** What was spent day by day, and what the month comes to if it goes on like that. Days are the owner's. */
import { localTime } from '@mobyclaw/lib/local-time';
import type { DailyUsage } from '@mobyclaw/protocol/usage';
import type { SlotRow } from '../store/usage-store.ts';

const DAY_MS = 86_400_000;
const AVERAGE_DAYS = 7; // a week has its quiet days in it

export interface DailyUsageOptions {
  /** What was spent since a time, in milliseconds since the epoch. */
  bySlot: (since: number) => readonly SlotRow[];
  timeZone: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** How many, today the last. */
  days: number;
}

export function dailyUsage({ bySlot, timeZone, now, days }: DailyUsageOptions): DailyUsage {
  const today = localTime(now, timeZone).date;
  const known = new Map<string, DailyUsage['items'][number]>();
  // A day more than is asked for, and never less than the month: slots are put into days by the owner's clock.
  const first = now - Math.max(days + 1, 32) * DAY_MS;
  for (const { at, ...slot } of bySlot(first)) {
    const { date } = localTime(at, timeZone);
    const day = known.get(date) ?? empty(date);
    known.set(date, {
      day: date,
      turns: day.turns + slot.turns,
      inputTokens: day.inputTokens + slot.inputTokens,
      outputTokens: day.outputTokens + slot.outputTokens,
      costUsd: day.costUsd + slot.costUsd,
      unpricedTurns: day.unpricedTurns + slot.unpricedTurns,
    });
  }
  const of = (date: string): DailyUsage['items'][number] => known.get(date) ?? empty(date);
  const items = lastDays(today, days).map(of);
  return { items, month: month(today, of) };
}

function month(today: string, of: (date: string) => DailyUsage['items'][number]): DailyUsage['month'] {
  const [year = 0, monthOfYear = 1, dayOfMonth = 1] = today.split('-').map(Number);
  const length = new Date(Date.UTC(year, monthOfYear, 0)).getUTCDate();
  const far = lastDays(today, dayOfMonth).map(of);
  const spentUsd = sum(far, ({ costUsd }) => costUsd);
  const spentTokens = sum(far, tokens);
  const week = lastDays(today, AVERAGE_DAYS).map(of);
  const used = week.findIndex(({ turns }) => turns > 0);
  const counted = used === -1 ? [] : week.slice(used); // before he was there, nothing was saved
  const left = length - dayOfMonth;
  const more = (spent: number): number => (counted.length === 0 ? 0 : (spent / counted.length) * left);
  return {
    month: today.slice(0, 7),
    spentUsd,
    spentTokens,
    projectedUsd: spentUsd + more(sum(counted, ({ costUsd }) => costUsd)),
    projectedTokens: Math.round(spentTokens + more(sum(counted, tokens))),
  };
}

function tokens({ inputTokens, outputTokens }: DailyUsage['items'][number]): number {
  return inputTokens + outputTokens;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** @returns dates, `today` the last */
function lastDays(today: string, count: number): string[] {
  const noon = Date.parse(`${today}T12:00:00Z`);
  return Array.from({ length: count }, (_, index) =>
    new Date(noon - (count - 1 - index) * DAY_MS).toISOString().slice(0, 10),
  );
}

function empty(day: string): DailyUsage['items'][number] {
  return { day, turns: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpricedTurns: 0 };
}
