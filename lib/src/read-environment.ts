/** Reads what a part of the stack is told by its environment, once, at its start. */
import type * as z from 'zod';
import { plainFaults, plainIssue } from './plain-issue.ts';
import type { Part } from './settings/setting.ts';
import { type PartSettings, readSettingValues, settingsOf } from './settings.ts';
import { StartError } from './start-error.ts';

/**
 * The settings that the part gets, and what whoever starts it decides. An empty value counts as not set.
 * @param own variables of the part's own; one of these that is a setting too is read as it says here
 * @throws StartError naming each wrong variable and what to write instead, in one line
 */
export function readEnvironment<P extends Part, Own extends z.ZodObject>(
  part: P,
  own: Own,
  environment: Readonly<Record<string, string | undefined>>,
): Omit<PartSettings<P>, keyof z.output<Own>> & z.output<Own> {
  const set = Object.entries(environment).flatMap(([name, value]) => {
    const text = value?.trim();
    return text ? [[name, text] as const] : [];
  });
  const parsed = own.safeParse(Object.fromEntries(set), { error: plainIssue });
  const names = settingsOf(part).filter((name) => !Object.hasOwn(own.shape, name));
  const { values, faults } = readSettingValues(names, environment);
  const wrong = [
    ...faults.map(({ name, message }) => `${name}: ${message}`),
    ...(parsed.success ? [] : plainFaults(parsed.error)),
  ];
  if (!parsed.success || wrong.length > 0) throw new StartError(wrong.join('; '));
  return { ...(values as PartSettings<P>), ...parsed.data };
}
