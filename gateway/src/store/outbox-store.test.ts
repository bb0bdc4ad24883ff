/** What goes out, by what is left to send: parts in their order, what was given up, what is begun again. */
import { expect, test } from 'vitest';
import type { DeliveryRow, NewDelivery, NewPart, PartRow } from './outbox-store.ts';
import { deliveryOf, openStore, partOf, questionOf } from './testing/open-store.ts';

const CHAT = 'telegram:dm:1';

function setUp() {
  const store = openStore();
  const { outbox } = store;
  const add = (id: string, more: Partial<NewDelivery> = {}, parts: NewPart[] = [partOf(1)]): DeliveryRow => {
    outbox.insert(deliveryOf(id, more));
    const row = outbox.find(id) as DeliveryRow;
    outbox.split(row.seq, parts);
    return outbox.find(id) as DeliveryRow;
  };
  const next = (row: DeliveryRow): PartRow => outbox.nextPart(row.seq) as PartRow;
  return { store, outbox, add, next };
}

const ids = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);

test('parts go in their order; each ends as sent, failed or unknown, and is not taken up again', () => {
  const { outbox, add, next } = setUp();
  const row = add('d', {}, [partOf(2), partOf(1), partOf(3, { state: 'sent' })]);
  expect(next(row)).toMatchObject({ number: 1, tries: 0, triedAt: null });
  outbox.sending(next(row), 5);
  outbox.sending(next(row), 9);
  expect(next(row)).toMatchObject({ number: 1, state: 'sending', tries: 2, triedAt: 5 });
  outbox.again(next(row), { dueAt: 20, error: 'busy' });
  expect(next(row)).toMatchObject({
    number: 1,
    state: 'pending',
    dueAt: 20,
    error: 'busy',
    plain: false,
    action: 'send',
  });
  outbox.again(next(row), { dueAt: 21, error: 'markup', plain: true, action: 'edit' });
  outbox.again(next(row), { dueAt: 22, error: 'busy' });
  expect(next(row)).toMatchObject({ plain: true, action: 'edit' });
  outbox.sent(next(row), 'm1');
  outbox.leadsOn({ ...next(row), number: 1 }, 'm2');
  expect(next(row)).toMatchObject({ number: 2, message: 'm2' });
  outbox.sent(next(row), null);
  expect(outbox.nextPart(row.seq)).toBeNull();
  expect(
    outbox.parts(row.seq).map(({ number, state, message, error }) => [number, state, message, error]),
  ).toEqual([
    [1, 'sent', 'm1', null],
    [2, 'sent', 'm2', null],
    [3, 'sent', null, null],
  ]);
});

test('what is at the head of a chat is the oldest that is not done, and no other chat waits for it', () => {
  const { outbox, add } = setUp();
  const first = add('first');
  add('second');
  add('elsewhere', { channel: 'slack:dm:2' });
  expect(outbox.head(CHAT)?.id).toBe('first');
  expect(outbox.waitingChannels().sort()).toEqual(['slack:dm:2', CHAT]);
  expect([
    outbox.countWaiting('telegram'),
    outbox.countWaiting('slack'),
    outbox.countWaiting('tele'),
  ]).toEqual([2, 1, 0]);
  outbox.done(first.seq, 5);
  expect(outbox.head(CHAT)?.id).toBe('second');
  outbox.split(first.seq, [partOf(9)]); // ended meanwhile
  expect(outbox.parts(first.seq)).toHaveLength(1);
});

test('ending what waits leaves what is being sent to end as it ends, and the other chat alone', () => {
  const { outbox, add, next } = setUp();
  const here = add('here', { turn: 't' }, [partOf(1), partOf(2)]);
  const elsewhere = add('elsewhere', { channel: 'slack:dm:2', turn: 'u' });
  outbox.sending(next(here), 1);
  outbox.endIn(CHAT, 5);
  expect(outbox.parts(here.seq).map(({ number, state }) => [number, state])).toEqual([[1, 'sending']]);
  expect([outbox.find('here')?.state, outbox.find('elsewhere')?.state]).toEqual(['done', 'open']);
  outbox.endOf('t', 6);
  expect(outbox.parts(elsewhere.seq)).toHaveLength(1);
  outbox.endOf('u', 6);
  expect(outbox.find('elsewhere')?.state).toBe('done');
  const both = add('both', {}, [partOf(1, { state: 'sent' }), partOf(2)]);
  outbox.leaveOut(both.seq);
  expect(outbox.parts(both.seq).map(({ number }) => number)).toEqual([1]);
});

test('undelivered is what did not arrive or perhaps not, and that somebody still wants', () => {
  const { store, outbox, add } = setUp();
  store.questions.insert(questionOf('open'));
  store.questions.insert(questionOf('settled'));
  store.questions.settle('settled', { state: 'answered', answer: null, outcome: '', at: 1 });
  const failed = [partOf(1, { state: 'failed' })];
  add('failed', {}, failed);
  add('unknown', {}, [partOf(1, { state: 'sent' }), partOf(2, { state: 'unknown' })]);
  add('sent', {}, [partOf(1, { state: 'sent' })]);
  add('not taken back', {}, [partOf(1, { state: 'failed', action: 'remove' })]);
  add('notice', { kind: 'notice' }, failed);
  add('outcome', { kind: 'outcome' }, failed);
  add('elsewhere', { channel: 'slack:dm:2' }, failed);
  add('asks', { kind: 'question', question: 'open' }, failed);
  add('asked', { kind: 'question', question: 'settled' }, failed);
  expect(ids(outbox.undelivered(CHAT))).toEqual(['failed', 'unknown', 'asks']);
  expect(outbox.trouble(2).map(({ delivery, state }) => [delivery, state])).toEqual([
    ['asked', 'failed'],
    ['asks', 'failed'],
  ]);
  expect(outbox.trouble(99).map(({ delivery }) => delivery)).not.toContain('not taken back');
});

test('a repeat sends what is undelivered and nothing else, and an edit that had failed as a new message', () => {
  const { outbox, add } = setUp();
  const row = add('d', {}, [
    partOf(1, { state: 'sent' }),
    partOf(2, { state: 'failed', action: 'edit' }),
    partOf(3, { state: 'unknown', action: 'file' }),
    partOf(4, { state: 'failed', action: 'remove' }),
  ]);
  outbox.done(row.seq, 1);
  outbox.repeat(row.seq, 50);
  expect(outbox.find('d')?.state).toBe('open');
  expect(outbox.parts(row.seq).map(({ number, state, action }) => [number, state, action])).toEqual([
    [1, 'sent', 'send'],
    [2, 'pending', 'send'],
    [3, 'pending', 'file'],
    [4, 'failed', 'remove'],
  ]);
  expect(outbox.nextPart(row.seq)).toMatchObject({ dueAt: 50, tries: 0 });
});

test('what is done is forgotten by its age; a question that is open keeps its message', () => {
  const { store, outbox, add } = setUp();
  store.questions.insert(questionOf('open'));
  for (const id of ['old', 'young', 'open still']) add(id);
  add('asks', { kind: 'question', question: 'open' });
  for (const [id, at] of [
    ['old', 9],
    ['young', 10],
    ['asks', 1],
  ] as const)
    outbox.done((outbox.find(id) as DeliveryRow).seq, at);
  outbox.forgetDoneBefore(10);
  expect(['old', 'young', 'open still', 'asks'].filter((id) => outbox.find(id) !== null)).toEqual([
    'young',
    'open still',
    'asks',
  ]);
});

test('the messages of a stream, until it has ended', () => {
  const { outbox } = setUp();
  const live = { number: 1, message: null, shown: 'a', nonce: 'n', begunAt: 7 };
  outbox.setLive('t', CHAT, { ...live, number: 2 });
  outbox.setLive('t', CHAT, live);
  outbox.setLive('t', CHAT, { number: 1, message: 'm', shown: 'b', nonce: null, begunAt: 99 });
  expect(outbox.live('t')).toEqual([
    { number: 1, message: 'm', shown: 'b', nonce: null, begunAt: 7 }, // since the first try
    { ...live, number: 2 },
  ]);
  outbox.dropLive('t', 1);
  expect(outbox.live('t').map(({ number }) => number)).toEqual([2]);
  expect([outbox.hasLive('t'), outbox.hasLive('u')]).toEqual([true, false]);
  outbox.forgetLive('t');
  expect(outbox.hasLive('t')).toBe(false);
});
