/** What the owner does with his channels. What went wrong is shown in the view. */
import { signal } from '@preact/signals';
import { ask, messageOf } from '../../data/api.ts';

export const problem = signal<string | null>(null);

/** Never rejects. @param path of a POST */
export async function act(path: string, body: object = {}): Promise<void> {
  problem.value = null;
  try {
    await ask(path, { method: 'POST', body });
  } catch (error) {
    problem.value = messageOf(error);
  }
}
