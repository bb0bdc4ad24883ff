/** A turn as a messenger brings it about: in the inbox, run, answered in pieces, delivered. Lengths and words vary by a seed. */
import type { Store } from '../../gateway/src/store/store.ts';
import { Random } from '../soak/random.ts';

const SEED = 11;
const CHATS = 12;
const PIECE_CHARS = 60; // of an answer, in one event
const WORDS =
  'the a tea house train ticket morning Ada Bob garden letter price later call week doctor tomorrow because window'.split(
    ' ',
  );

/** @returns makes one turn that ends at a time, in milliseconds since the epoch */
export function makeTalk(store: Store): (at: number) => void {
  const random = new Random(SEED);
  let count = 0;
  return (at) => {
    const number = count++;
    const id = `01980000-0000-7000-8000-${String(number).padStart(12, '0')}`;
    const session = `telegram:dm:${random.between(1, CHATS)}`;
    const prompt = text(random, random.between(5, 40));
    const answer = text(random, random.between(30, 250));
    store.transaction('relaxed', () => {
      store.sessions.touch(session, at);
      store.turns.insertInboxEntry(
        `telegram:1:${session}:${number}`,
        { turn: id, bodyHash: 'x'.repeat(43) },
        at,
      );
      const seq = store.turns.insert({
        ...{
          id,
          session,
          source: 'telegram',
          sender: 'Ada (telegram:1)',
          prompt,
          attachments: [],
          queueMode: null,
        },
        deliverTo: { channel: session, replyTo: String(number) },
        createdAt: at,
      });
      const pieces = answer.match(new RegExp(`[^]{1,${PIECE_CHARS}}`, 'g')) ?? [];
      const token = (piece: string): string => JSON.stringify({ text: piece });
      store.events.insert([
        ...pieces.map((piece, at) => ({ turn: seq, id: at + 1, type: 'token', data: token(piece) })),
        {
          turn: seq,
          id: pieces.length + 1,
          type: 'done',
          data: JSON.stringify({ turn: id, session, text: answer }),
        },
      ]);
      store.messages.insert({ session, turn: id, role: 'user', text: prompt, at });
      store.messages.insert({ session, turn: id, role: 'assistant', text: answer, at });
      const usage = { model: 'a/model', inputTokens: 4000, outputTokens: 300, costUsd: 0.01 };
      store.turns.finish(id, { state: 'done', finishedAt: at, answer, error: null, usage });
    });
  };
}

function text(random: Random, words: number): string {
  return Array.from(
    { length: words },
    () => `${random.pick(WORDS)}${random.chance(0.2) ? random.between(1, 999) : ''}`,
  ).join(' ');
}
