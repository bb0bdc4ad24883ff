/** What search by meaning has, in one line for people. */
import type { Status } from '@mobyclaw/protocol/status';

/** @param failed how the trouble is shown */
export function embeddingsText(
  { model, where, done, of, failing }: NonNullable<Status['embeddings']>,
  failed: (text: string) => string = (text) => text,
): string {
  const known = `${model} (${where === 'local' ? 'local' : 'a server'}), ${done} of ${of} pieces`;
  return failing === undefined
    ? known
    : `${known}; ${failed(`failing since ${failing.since}: ${failing.reason}`)}`;
}
