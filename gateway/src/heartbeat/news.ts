/** Whether there is a reason to ask the model: what a beat sees, against what the last settled beat saw. */
import { createHash } from 'node:crypto';
import type { HeartbeatFiles } from '@mobyclaw/protocol/heartbeat';
import type { HeartbeatState, Seen } from '../store/heartbeat-store.ts';

/** @param message newest message of the conversations with people */
export function look(items: readonly string[], files: HeartbeatFiles, message: number): Seen {
  return {
    checklist: createHash('sha256').update(items.join('\n')).digest('base64url'),
    memory: files.memoryHash,
    message,
  };
}

/**
 * @param dueSince what of the list fell due after a moment, or null
 * @returns the reasons, for people, or null for none
 */
export function reasonToAsk(
  { seen: before, askedAt }: HeartbeatState,
  now: Seen,
  dueSince: (after: number) => string | null,
): string | null {
  if (!before || askedAt === null) return 'it was the first time';
  const due = dueSince(askedAt);
  const reasons = [
    due === null ? [] : `“${due}” was due`,
    now.checklist === before.checklist ? [] : 'the checklist had changed',
    now.memory === before.memory ? [] : 'the memory had changed',
    now.message === before.message ? [] : 'there were new messages',
  ].flat();
  return reasons.length === 0 ? null : reasons.join(', and ');
}
