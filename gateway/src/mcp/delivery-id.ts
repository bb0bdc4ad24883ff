/**
 * By what a message of a tool is known again. An attempt that failed may have sent it, and the next one asks the model
 * anew, which sends it anew: the same words to the same chat, for the same turn or run of a schedule, are one delivery.
 * In another turn they are another.
 */
import { createHash } from 'node:crypto';
import { nameUuid } from '@mobyclaw/lib/uuid';
import type { McpCaller } from '@mobyclaw/mcp/tool';
import type { Outgoing } from '../delivery/delivery.ts';
import type { Store } from '../store/store.ts';

/** @returns null where no turn asks: then each call is a delivery of its own */
export function deliveryId(
  store: Store,
  { turn }: McpCaller,
  { channel, text, files = [] }: Pick<Outgoing, 'channel' | 'text' | 'files'>,
): string | null {
  if (turn === undefined) return null;
  const asking = store.turns.find(turn);
  const run = asking?.source === 'cron' ? store.jobRuns.workingIn(asking.session) : null;
  const hash = createHash('sha256')
    .update(JSON.stringify([channel, text, files]))
    .digest('base64url');
  return nameUuid(`send:${run?.key ?? turn}:${hash}`);
}
