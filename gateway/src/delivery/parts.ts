/** A delivery as the parts it is sent in: messages that are already there are changed, the rest is sent. */
import { createHash } from 'node:crypto';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { RenderedPart } from '../render/part.ts';
import type { DeliveryRow, LiveRow, NewPart } from '../store/outbox-store.ts';
import { PLACE } from './live-reply.ts';

const NOTHING: RenderedPart = { text: '', plain: '' };

/**
 * @param live messages into which the answer was streamed
 * @param newest id of the newest message of ours in the chat
 */
export function toParts(
  delivery: DeliveryRow,
  rendered: readonly RenderedPart[],
  live: readonly LiveRow[],
  newest: string | null,
  dueAt: number,
): NewPart[] {
  // If "queued" is no longer our newest message, then it is removed, because the answer would stand above newer messages.
  const stale = live.filter(({ shown, message }) => shown === PLACE && message !== newest);
  const parts: NewPart[] = rendered.map((part, number) => {
    const shown = live.find((row) => row.number === number && !stale.includes(row));
    const edits = shown !== undefined && shown.message !== null;
    return {
      number,
      action: edits ? 'edit' : 'send',
      part,
      message: edits ? shown.message : null,
      nonce: uuidv7(),
      state: 'pending',
      dueAt,
    };
  });
  for (const row of live) {
    const { number, message } = row;
    if (message === null || (number < rendered.length && !stale.includes(row))) continue;
    parts.push({ ...blank(parts.length, dueAt), action: 'remove', message });
  }
  for (const index of delivery.files.keys()) {
    const part = { ...NOTHING, extras: { file: index } };
    parts.push({ ...blank(parts.length, dueAt), action: 'file', part });
  }
  return parts;
}

function blank(number: number, dueAt: number): NewPart {
  return { number, action: 'send', part: NOTHING, message: null, nonce: uuidv7(), state: 'pending', dueAt };
}

export function hashOf(part: RenderedPart): string {
  return createHash('sha256').update(JSON.stringify(part)).digest('base64url');
}

export function plainOf({ plain }: RenderedPart): RenderedPart {
  return { text: plain, plain };
}
