/**
 * Steps that do not do what they say: of "every 90 minutes" as a step of the minute, only the minute 0 is left of each hour.
 * Asked of what is written now; what was kept before goes on as it was.
 */
import { ScheduleError } from './schedule-error.ts';

const FIELDS = [
  { name: 'minute', values: 60, instead: (step: number) => `every ${step}m` },
  { name: 'hour', values: 24, instead: (step: number) => `every ${step}h` },
  { name: 'day of month', values: 31, instead: (step: number) => `every ${step}d` },
  { name: 'month', values: 12, instead: () => 'the month by its number, such as 1 or 1,7' },
  { name: 'day of week', values: 7, instead: () => 'the day by its name, such as MON' },
] as const;

/** @throws ScheduleError for a step that leaves its field with one value, saying what to write */
export function checkSteps(cron: string): void {
  for (const [index, part] of cron.trim().split(/\s+/).entries()) {
    const field = FIELDS[index];
    const steps = part.split(',').map((item) => Number(/\/(\d+)$/.exec(item)?.[1] ?? 0));
    const step = steps.find((one) => field !== undefined && one >= field.values);
    if (field === undefined || step === undefined) continue;
    throw new ScheduleError(
      'cron',
      `"${part}" is not every ${step}: the ${field.name} has ${field.values} values and begins anew after them. Write ${field.instead(step)} instead.`,
    );
  }
}
