/** What was said in conversations before, as far as it is good enough to be told unasked. */
import { cutText } from '@mobyclaw/lib/cut-text';
import { localTime } from '@mobyclaw/lib/local-time';
import { quotedName } from '@mobyclaw/lib/plain-name';
import { rankUnasked } from '@mobyclaw/recall/unasked';
import type { HitRow } from '../store/history-index.ts';
import type { MessageRow } from '../store/message-store.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import type { RankedPiece } from './recalled-piece.ts';

const MOST_LOOKED_AT = 10;
const ANSWER_CHARS = 200; // of what followed a question

export interface SaidBefore {
  asked: string;
  /** Only in this conversation; null: in all. */
  session: string | null;
  /** The prompt holds it anyway. */
  isKnown(message: MessageRow): boolean;
  /** Whether what was said in such a turn may be told. */
  maySee(turn: TurnRow): boolean;
  /** Milliseconds since the epoch. */
  now: number;
  timeZone: string;
}

export function saidBefore(store: Store, request: SaidBefore): RankedPiece[] {
  const { asked, session, isKnown, maySee, now, timeZone } = request;
  const { hits } = store.history.search({
    phrasings: [asked],
    limit: MOST_LOOKED_AT,
    session,
    now,
    atOnce: true,
  });
  return hits.flatMap((hit) => {
    const rank = rankUnasked(asked, { ...hit, content: hit.text });
    const turn = store.turns.find(hit.turn);
    if (rank === null || turn === null || !maySee(turn) || isKnown(hit)) return [];
    const text = told(hit);
    if (text === null) return [];
    const { date, time } = localTime(hit.at, timeZone);
    return [{ place: `${hit.session}, ${date} ${time}, ${who(hit, turn)}`, text, rank }];
  });
}

/** A question that was asked before tells something only together with its answer. */
function told({ role, text, snippet, after }: HitRow): string | null {
  const plain = snippet.replace(/[«»]/g, '');
  if (role !== 'user' || !/[?？]\s*$/.test(text)) return plain;
  return after === null ? null : `${cutText(text, ANSWER_CHARS)} → ${cutText(after, ANSWER_CHARS)}`;
}

function who({ role, speaker }: HitRow, { guest, sender }: TurnRow): string {
  const person = guest ? `a guest ${quotedName(speaker ?? sender)}` : (speaker ?? 'owner');
  if (role === 'user') return person;
  return guest ? `you, to ${person}` : 'you';
}
