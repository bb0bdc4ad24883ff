/** What has been worked on, or taken back, is not there any more for anybody who wants to work on it; its key is. */
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from './store.ts';

const CHAT = 'telegram:dm:1';

function openStore() {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const arrive = (key: string, at: number, channel = CHAT): number => {
    const seq = store.arrivals.insert(key, channel, JSON.stringify({ text: key }), at);
    if (seq === null) throw new Error(`${key} has arrived before`);
    return seq;
  };
  const open = () => ({
    all: store.arrivals.allOpen().map(({ key }) => key),
    here: store.arrivals.openIn(CHAT).map(({ key }) => key),
  });
  return { arrivals: store.arrivals, arrive, open };
}

test('an arrival is open until it is settled, and its key stays', () => {
  const { arrivals, arrive, open } = openStore();
  const [first, second] = [arrive('a', 1), arrive('b', 2)];
  arrive('elsewhere', 3, 'telegram:dm:2');
  expect(open()).toEqual({ all: ['a', 'b', 'elsewhere'], here: ['a', 'b'] });
  expect(arrivals.open(first)).toMatchObject({
    key: 'a',
    channel: CHAT,
    event: '{"text":"a"}',
    receivedAt: 1,
  });
  arrivals.settle(first);
  expect(arrivals.open(first)).toBeNull();
  expect(arrivals.openByKey('a')).toBeNull();
  expect(open()).toEqual({ all: ['b', 'elsewhere'], here: ['b'] });
  expect(arrivals.openByKey('b')?.seq).toBe(second);
  expect(arrivals.has('a')).toBe(true);
  expect(arrivals.insert('a', CHAT, '{}', 4)).toBeNull();
});

test('an edit that comes after it was settled does not open it again', () => {
  const { arrivals, arrive, open } = openStore();
  const [settled, other] = [arrive('a', 1), arrive('b', 2)];
  arrivals.settle(settled);
  arrivals.change(settled, '{"text":"edited"}');
  arrivals.change(other, '{"text":"edited"}');
  expect(arrivals.open(settled)).toBeNull();
  expect(arrivals.open(other)?.event).toBe('{"text":"edited"}');
  expect(open().all).toEqual(['b']);
});

test('how often it was begun with is counted for each, and taken back only while it is open', () => {
  const { arrivals, arrive } = openStore();
  const [seq, other] = [arrive('a', 1), arrive('b', 2)];
  expect([arrivals.begin(seq), arrivals.begin(seq), arrivals.begin(other)]).toEqual([1, 2, 1]);
  arrivals.unbegin(seq);
  expect(arrivals.begin(seq)).toBe(2);
  arrivals.settle(seq);
  arrivals.unbegin(seq);
  expect(arrivals.begin(seq)).toBe(3);
});

test('keys go with time; what was not worked on yet is kept however old it is', () => {
  const { arrivals, arrive, open } = openStore();
  const old = arrive('old and settled', 10);
  arrive('old and open', 10);
  const young = arrive('young and settled', 20);
  for (const seq of [old, young]) arrivals.settle(seq);
  arrivals.forgetBefore(20);
  expect(['old and settled', 'old and open', 'young and settled'].map((key) => arrivals.has(key))).toEqual([
    false,
    true,
    true,
  ]);
  expect(open().all).toEqual(['old and open']);
});

test('what a channel remembers is its own and the newest', () => {
  const { arrivals } = openStore();
  arrivals.remember('discord', 'cursor', '1');
  arrivals.remember('slack', 'cursor', '7');
  arrivals.remember('discord', 'other', '9');
  arrivals.remember('discord', 'cursor', '2');
  expect(arrivals.recall('discord', 'cursor')).toBe('2');
  expect(arrivals.recall('slack', 'cursor')).toBe('7');
  expect(arrivals.recall('telegram', 'cursor')).toBeNull();
});
