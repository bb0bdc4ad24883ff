/**
 * What of a conversation a new agent session is told: a summary, and the last exchanges as they were. How much follows the
 * window: what is free of it up to where a conversation is made shorter, without the instructions and tools that are always there.
 */

import { cutText } from '@mobyclaw/lib/cut-text';
import { charsWithin, estimateTokens } from '@mobyclaw/lib/token-estimate';

/** In tokens. */
export interface Room {
  /** For the last exchanges. */
  exchanges: number;
  /** For the summary. */
  summary: number;
  /** For what one call that flushes or summarises reads of them. */
  piece: number;
}

const EXCHANGES = { share: 0.35, least: 300, most: 6000 };
const SUMMARY = { share: 0.2, least: 200, most: 1500 };
const PIECE = { share: 0.5, least: 400, most: 20_000 };
const UNKNOWN_BASE = { share: 0.2, most: 8000 }; // before the first call has told it
const A_MESSAGE = 8; // tokens of who says it, and the signs before it

export function roomIn(window: number, base: number | null, compactAt: number): Room {
  const known = base ?? Math.min(UNKNOWN_BASE.most, window * UNKNOWN_BASE.share);
  const free = Math.max(0, window * compactAt - known);
  const within = ({ share, least, most }: typeof PIECE): number =>
    Math.round(Math.min(most, Math.max(least, free * share)));
  return { exchanges: within(EXCHANGES), summary: within(SUMMARY), piece: within(PIECE) };
}

/**
 * The newest messages that there is room for, oldest first. A long one is cut, so that it does not leave all others out.
 * @param messages oldest first
 */
export function carried<M extends { text: string }>(messages: readonly M[], room: number): M[] {
  const kept: M[] = [];
  let left = room;
  for (const message of messages.toReversed()) {
    const shown = clipped(message, room);
    left -= estimateTokens(shown.text) + A_MESSAGE;
    if (left < 0 && kept.length > 0) break;
    kept.unshift(shown);
    if (left < 0) break;
  }
  return kept;
}

function clipped<M extends { text: string }>(message: M, room: number): M {
  const text = message.text.trim();
  const chars = charsWithin(text, Math.round(room / 3));
  if (chars >= text.length) return { ...message, text };
  const left = (text.length - chars).toLocaleString('en');
  return {
    ...message,
    text: `${cutText(text, chars)} … (${left} characters more; history_search finds them)`,
  };
}
