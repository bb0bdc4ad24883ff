/** What becomes of a part after a call: the one place where the results of adapters turn into retries and endings. */
import { backoffMs } from '@mobyclaw/lib/backoff';
import type { SendResult } from '../channels/channel.ts';
import type { PartAction, PartRow } from '../store/outbox-store.ts';

const RETRY = { firstMs: 1000, maxMs: 60_000 };
const GIVE_UP_MS = 24 * 3_600_000; // an answer that is a day late answers nothing
const FATAL_PAUSE_MS = 5000; // until the supervisor has closed the connection

export type SendVerdict =
  | { kind: 'sent'; message: string | null }
  | { kind: 'ended'; state: 'failed' | 'unknown'; error: string }
  | { kind: 'again'; dueAt: number; error: string; plain?: true; action?: PartAction };

/**
 * @param createdAt of the delivery
 * @param now both in milliseconds since the epoch
 */
export function judgeSend(
  result: SendResult,
  part: Pick<PartRow, 'action' | 'plain' | 'tries'>,
  createdAt: number,
  now: number,
): SendVerdict {
  if (result.status === 'sent') return { kind: 'sent', message: result.ids[0] ?? null };
  const { remedy, line, fatal, retryAfterMs } = result.error;
  if (result.status === 'unknown') return { kind: 'ended', state: 'unknown', error: line };
  if (fatal) return { kind: 'again', dueAt: now + FATAL_PAUSE_MS, error: line };
  if (remedy === 'plain' && !part.plain && (part.action === 'send' || part.action === 'edit')) {
    return { kind: 'again', dueAt: now, error: line, plain: true };
  }
  if (remedy === 'send-new' && part.action === 'edit') {
    return { kind: 'again', dueAt: now, error: line, action: 'send' };
  }
  if (remedy === 'retry' && now - createdAt < GIVE_UP_MS) {
    const waitMs = Math.max(backoffMs(part.tries + 1, RETRY), retryAfterMs ?? 0);
    return { kind: 'again', dueAt: Math.ceil(now + waitMs), error: line };
  }
  return { kind: 'ended', state: 'failed', error: line };
}
