/** A delivery as the parts it is sent in: messages that are already there are changed, the rest is sent. */
import { createHash } from 'node:crypto';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { DeliveryRow, LiveRow, NewPart } from '../store/outbox-store.ts';
import { PLACE } from './live-reply.ts';
import type { RenderedPart, Renderer, TextLimit } from './renderer.ts';

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
  // "Queued" that is no longer the last word in the chat would put the answer above others: it is taken back.
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

/** @returns the parts by `renderer`; where that fails for whatever reason, the bare text, cut to the limit */
export function renderSafely(
  renderer: Renderer,
  markdown: string,
  limit: TextLimit,
  onError: (error: unknown) => void,
): RenderedPart[] {
  try {
    return renderer.render(markdown, limit);
  } catch (error) {
    onError(error);
    return plainRenderer.render(markdown, limit);
  }
}

/** `renderSafely` without holding up the event loop for long. */
export async function renderSafelyInSlices(
  renderer: Renderer,
  markdown: string,
  limit: TextLimit,
  onError: (error: unknown) => void,
): Promise<RenderedPart[]> {
  try {
    return await renderer.renderInSlices(markdown, limit);
  } catch (error) {
    onError(error);
    return plainRenderer.render(markdown, limit);
  }
}

/** Markdown as it stands, cut between characters, at line ends where there are any. */
export const plainRenderer: Renderer = {
  render(markdown, limit) {
    const parts: RenderedPart[] = [];
    let rest = markdown;
    while (rest.trim() !== '') {
      const end = cut(rest, limit);
      const text = rest.slice(0, end);
      if (text.trim() !== '') parts.push({ text, plain: text });
      rest = rest.slice(end);
    }
    return parts;
  },
  renderInSlices: async (markdown, limit) => plainRenderer.render(markdown, limit),
};

/** Index at which the first part ends; no part of a surrogate pair is left behind. */
function cut(text: string, { max, unit }: TextLimit): number {
  let size = 0;
  let end = 0;
  let lineEnd = 0;
  for (const character of text) {
    size += unit === 'utf16' ? character.length : unit === 'bytes' ? Buffer.byteLength(character) : 1;
    if (size > max) return lineEnd > end / 2 ? lineEnd : end;
    end += character.length;
    if (character === '\n') lineEnd = end;
  }
  return end;
}
