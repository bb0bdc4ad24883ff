/**
 * Puts the answer of a turn into the outbox, inside the transaction that ends the turn: there is no moment in which the
 * one is stored and the other is not. If the answer goes to another chat than it was asked in, it is recorded there, too. It
 * only writes rows, so a gateway without channels loads nothing for it.
 */
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { VoiceMode } from '@mobyclaw/protocol/voice';
import { shorterSince } from '../compaction/shorter-line.ts';
import { isConversation } from '../store/conversation.ts';
import { recordSent } from '../store/sent-record.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { CUT_ANSWER, type Ending } from './ending.ts';

const EMPTY_ANSWER = 'The model gave an empty answer. Ask again, or put it another way.';

export class ReplyRecorder {
  readonly #store: Store;
  /** Called once the rows are on disk, with the channel that they are for. */
  onRecorded: ((channel: string) => void) | null = null;
  /** Called then, too; there may be something to speak. */
  onSpoken: (() => void) | null = null;
  /** What holds where a chat says nothing else; null where nothing can speak. */
  voice: () => VoiceMode | null = () => null;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Within the transaction that ends `turn` and those merged into it. */
  record(turn: TurnRow, merged: readonly TurnRow[], ending: Ending, at: number): void {
    const text = replyText(ending, this.#store.outbox.hasLive(turn.id));
    this.#put(turn, text && this.#withShorterLine(turn, text), at);
    // If a merged turn shows "queued" in the chat, that message is removed, because the one answer is for all of them.
    for (const other of merged) if (this.#store.outbox.hasLive(other.id)) this.#put(other, '', at);
    if (ending.state === 'done' && ending.text.trim() !== '') this.#speak(turn, [turn, ...merged], at);
  }

  /** The voice note is made later; that it is wanted is on disk with the answer. */
  #speak({ id, deliverTo }: TurnRow, asked: readonly TurnRow[], at: number): void {
    if (!deliverTo || isConversation(deliverTo.channel)) return;
    const { channel, replyTo = null } = deliverTo;
    const usual = this.voice();
    const mode = usual === null ? 'off' : (this.#store.sessions.find(channel)?.voice ?? usual);
    if (mode === 'off' || (mode === 'auto' && !asked.some(({ spoken }) => spoken))) return;
    this.#store.speech.insert({ turn: id, delivery: uuidv7(), channel, replyTo, createdAt: at });
  }

  /** If the conversation was made shorter since the answer before, then its chat is told so once, and quietly. */
  #withShorterLine({ session, id, deliverTo }: TurnRow, text: string): string {
    if (!deliverTo || isConversation(deliverTo.channel) || deliverTo.channel !== session) return text;
    const line = shorterSince(this.#store, session, id);
    return line === null ? text : `${text}\n\nℹ️ ${line}`;
  }

  recorded(turns: readonly TurnRow[]): void {
    this.onSpoken?.();
    const channels = new Set(turns.flatMap(({ deliverTo }) => deliverTo?.channel ?? []));
    for (const channel of channels) if (!isConversation(channel)) this.onRecorded?.(channel);
  }

  #put(turn: TurnRow, text: string | null, at: number): void {
    if (!turn.deliverTo || text === null) return;
    const { channel } = turn.deliverTo;
    const id = uuidv7();
    if (turn.session !== channel && text !== '') {
      recordSent(this.#store, { session: channel, id, text, sentBy: turn.session.replace(':', ' '), at });
    }
    if (isConversation(channel)) return;
    this.#store.outbox.insert({
      id,
      channel,
      replyTo: turn.deliverTo.replyTo ?? null,
      turn: turn.id,
      kind: 'answer',
      text,
      createdAt: at,
    });
  }
}

/** @returns what the person is told, in Markdown; null for nothing, because they have been told by other means */
function replyText(ending: Ending, hasLive: boolean): string | null {
  if (ending.state === 'done') {
    const text = ending.text.trim() === '' ? EMPTY_ANSWER : ending.text;
    return ending.cut ? `${text}\n\n✂️ ${CUT_ANSWER}` : text;
  }
  const { partial, error } = ending;
  const before = partial.trim() === '' ? '' : `${partial}\n\n`;
  if (ending.state === 'failed') return `${before}⚠️ ${error.message}`;
  return before !== '' || hasLive ? `${before}⏹ ${error.message}` : null;
}
