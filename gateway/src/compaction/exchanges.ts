/** What was said in a conversation, as calls that flush and summarise read it: from our own history, without tools' results. */
import { quotedLines, quotedName } from '@mobyclaw/lib/plain-name';
import { charsWithin, estimateTokens } from '@mobyclaw/lib/token-estimate';
import type { Asker } from '@mobyclaw/protocol/capability';
import type { MessageRow } from '../store/message-store.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';

const ROWS_AT_ONCE = 500;

export interface Said extends MessageRow {
  /** On whose behalf its turn ran; what Moby sent by himself is the owner's. */
  asker: Asker;
  sender: string;
}

/** Messages that fit into one call. */
export interface Piece {
  /** Id of the last that it holds whole. */
  upto: number;
  /** Quoted, a line or more each. */
  text: string;
}

/** On whose behalf a turn ran. */
export type AskerOf = (turn: Pick<TurnRow, 'guest' | 'confined'>) => Asker;

/** @returns messages with an id in (after, upto], oldest first, without markers */
export function said(
  store: Store,
  session: string,
  { after, upto }: { after: number; upto: number },
  askerOf: AskerOf,
): Said[] {
  const found: Said[] = [];
  for (let from = after + 1; ; ) {
    const rows = store.messages.from(session, from, ROWS_AT_ONCE);
    for (const row of rows) {
      if (row.id > upto || row.role === 'marker') continue;
      const turn = store.turns.find(row.turn);
      found.push({ ...row, asker: turn ? askerOf(turn) : 'owner', sender: turn?.sender ?? '' });
    }
    const last = rows.at(-1);
    if (rows.length < ROWS_AT_ONCE || !last || last.id >= upto) return found;
    from = last.id + 1;
  }
}

/** @param room tokens of each; a message that is longer is cut into several */
export function inPieces(messages: readonly Said[], room: number): Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  let upto = 0;
  const close = (): void => {
    if (text !== '') pieces.push({ upto, text });
    text = '';
  };
  for (const message of messages) {
    const parts = partsOf(message, room);
    for (const [index, part] of parts.entries()) {
      const line = quotedLines(`${whoSays(message)}: ${part}`);
      if (text !== '' && estimateTokens(text) + estimateTokens(line) > room) close();
      text = text === '' ? line : `${text}\n${line}`;
      if (index === parts.length - 1) upto = message.id;
    }
  }
  close();
  return pieces;
}

function whoSays({ role, sentBy, asker, sender }: Said): string {
  if (role === 'assistant') return sentBy === null ? 'you' : 'you, by yourself';
  if (asker === 'guest') return `guest ${quotedName(sender)}`;
  return asker === 'webhook' ? 'a webhook' : 'person';
}

function partsOf({ text }: Said, room: number): string[] {
  const parts: string[] = [];
  let rest = text.trim();
  while (estimateTokens(rest) > room) {
    const chars = Math.max(1, charsWithin(rest, room));
    parts.push(rest.slice(0, chars));
    rest = rest.slice(chars);
  }
  return [...parts, rest];
}
