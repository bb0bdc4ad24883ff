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
 * @returns the reason, for people, or null for none
 */
export function reasonToAsk(
  { seen: before, askedAt }: HeartbeatState,
  now: Seen,
  dueSince: (after: number) => string | null,
): string | null {
  if (!before || askedAt === null) return 'it was the first time';
  if (now.checklist !== before.checklist) return 'the checklist had changed';
  if (now.memory !== before.memory) return 'the memory had changed';
  if (now.message !== before.message) return 'there were new messages';
  const due = dueSince(askedAt);
  return due === null ? null : `“${due}” was due`;
}
