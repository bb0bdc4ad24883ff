/** What is put in front of a message unasked: pieces of memory and history, cut to what they may cost. */
import { cutText } from '@mobyclaw/lib/cut-text';
import { charsWithin, estimateTokens } from '@mobyclaw/lib/token-estimate';

export interface RecalledPiece {
  /** Where it stands and when it was said by whom, such as `memory/2026-03-01.md:4, 2026-03-01 10:00`. */
  place: string;
  text: string;
}

export interface RankedPiece extends RecalledPiece {
  /** The higher, the better. */
  rank: number;
}

const MOST_PIECES = 5;
const MOST_TOKENS_OF_ONE = 80;
/** What stands before a message of itself takes no more, with the line above it. */
export const MOST_RECALLED_TOKENS = 300;
const MOST_TOKENS = MOST_RECALLED_TOKENS - 35; // without that line
const FRAME_TOKENS = 8; // of one: the mark, the brackets, the sign of a quotation

/** The best that there is room for, the best first; what says the same comes once. */
export function bestPieces(pieces: readonly RankedPiece[]): RecalledPiece[] {
  const best: RecalledPiece[] = [];
  const texts = new Set<string>();
  let tokens = 0;
  for (const { place, text } of pieces.toSorted((a, b) => b.rank - a.rank)) {
    const short = oneLine(text);
    const key = short
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
    const size = estimateTokens(short) + estimateTokens(place) + FRAME_TOKENS;
    if (texts.has(key) || tokens + size > MOST_TOKENS) continue;
    texts.add(key);
    tokens += size;
    best.push({ place, text: short });
    if (best.length === MOST_PIECES) break;
  }
  return best;
}

function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  const room = charsWithin(line, MOST_TOKENS_OF_ONE);
  return line.length <= room ? line : `${cutText(line, room)} …`;
}
