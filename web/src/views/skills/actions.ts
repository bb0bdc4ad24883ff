/** What the owner does with his skills. What went wrong is shown in the view. */
import { signal } from '@preact/signals';
import { type AskOptions, ask, messageOf } from '../../data/api.ts';
import { resources } from '../../data/page.ts';

export const problem = signal<string | null>(null);

export const LIST = '/api/skills';

export function pathOf(name: string, what = ''): string {
  return `${LIST}/${encodeURIComponent(name)}${what}`;
}

/** Never rejects. @returns what the gateway answered; null where it refused, which the view shows */
export async function act<T>(path: string, options: AskOptions, name?: string): Promise<T | null> {
  problem.value = null;
  try {
    return await ask<T>(path, options);
  } catch (error) {
    problem.value = messageOf(error);
    return null;
  } finally {
    void resources.of(LIST).refresh();
    if (name !== undefined) void resources.of(pathOf(name)).refresh();
  }
}
