/** The history by its ranges: what is between two ids, what Moby sent by himself, where a conversation begins. */
import { expect, test } from 'vitest';
import type { MessageRow, NewMessage } from './message-store.ts';
import { openStore } from './testing/open-store.ts';

function history() {
  const { messages } = openStore();
  const say = (text: string, more: Partial<NewMessage> = {}): number =>
    messages.insert({ session: 'a', turn: `of ${text}`, role: 'user', text, at: 1, ...more });
  return { messages, say };
}

const texts = (rows: readonly MessageRow[]): string[] => rows.map(({ text }) => text);

test('the newest of a range, and the oldest from an id on, both in the order they were said', () => {
  const { messages, say } = history();
  const ids = ['one', 'two', 'three', 'four'].map((text) => say(text));
  say('elsewhere', { session: 'b' });
  const [one = 0, two = 0, , four = 0] = ids;
  expect(texts(messages.recent('a', 2))).toEqual(['three', 'four']);
  expect(texts(messages.recent('a', 9, { after: one, before: four }))).toEqual(['two', 'three']);
  expect(texts(messages.from('a', two, 2))).toEqual(['two', 'three']);
  expect([messages.lastId('a'), messages.lastId('none'), messages.newestId()]).toEqual([four, 0, four + 1]);
  expect(messages.headsAfter(two, 2).map(({ id }) => id)).toEqual([two + 1, four]);
  expect(messages.headsAfter(four, 9)).toEqual([
    { id: four + 1, session: 'b', turn: 'of elsewhere', role: 'user' },
  ]);
  expect(messages.firstOfTurn('a', 'of two')?.id).toBe(two);
  expect(messages.firstOfTurn('b', 'of two')).toBeNull();
});

test('what Moby sent by himself is told apart from what was said in a turn', () => {
  const { messages, say } = history();
  const said = say('said');
  const first = say('reminder', { role: 'assistant', sentBy: 'the schedule "water"' });
  say('second', { role: 'assistant', sentBy: 'the heartbeat' });
  say('elsewhere', { session: 'b', role: 'assistant', sentBy: 'the heartbeat' });
  say('third', { role: 'assistant', sentBy: 'the heartbeat' });
  expect(texts(messages.sentAfter('a', first, 9))).toEqual(['second', 'third']);
  expect(texts(messages.sentAfter('a', 0, 2))).toEqual(['second', 'third']);
  expect(texts(messages.sentSince(first))).toEqual(['second', 'elsewhere', 'third']);
  expect(messages.lastSaid('a')).toMatchObject({ id: said, sentBy: null, incomplete: false });
  expect(messages.lastSaid('b')).toBeNull();
});

test('a conversation counts from its last marker on, and opens with what was said first', () => {
  const { messages, say } = history();
  const sinceMarker = () => messages.sinceMarker('a');
  expect(sinceMarker()).toEqual({ asked: 0, chars: 0 });
  expect(messages.opening('a')).toBeNull();
  say('--', { role: 'marker' });
  say('x'.repeat(200));
  say('answer', { role: 'assistant', incomplete: true });
  expect(sinceMarker()).toEqual({ asked: 1, chars: 206 });
  expect(messages.opening('a')).toBe('x'.repeat(120));
  expect(messages.lastSaid('a')).toMatchObject({ text: 'answer', incomplete: true });
  say('--', { role: 'marker' });
  say('anew');
  say('in between', { session: 'b' });
  expect(sinceMarker()).toEqual({ asked: 1, chars: 4 });
  expect(messages.count('a')).toBe(3);
});
