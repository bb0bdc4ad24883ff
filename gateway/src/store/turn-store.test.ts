/** Turns by state and order: what waits, what was left, what was merged, what is asked again. */
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from './store.ts';
import type { NewTurn } from './turn-store.ts';

function openStore() {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const { turns, messages } = store;
  const add = (id: string, more: Partial<NewTurn> = {}): number =>
    turns.insert({
      id,
      session: 'api:a',
      source: 'api',
      sender: 'owner',
      prompt: 'p',
      attachments: [],
      queueMode: null,
      createdAt: 0,
      ...more,
    });
  const finish = (id: string, finishedAt = 1): void =>
    turns.finish(id, { state: 'done', finishedAt, answer: '', error: null, usage: null });
  /** Asked and answered. */
  const asked = (id: string, prompt: string, finishedAt: number, session = 'api:a'): void => {
    add(id, { prompt, session });
    messages.insert({ session, turn: id, role: 'user', text: prompt, at: 0 });
    finish(id, finishedAt);
  };
  return { turns, messages, add, finish, asked };
}

const ids = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);

test('what waits in a session, in its order: not what runs, is done, was merged or stands elsewhere', () => {
  const { turns, add, finish } = openStore();
  for (const id of ['done', 'running', 'first', 'merged', 'second', 'third']) add(id);
  add('elsewhere', { session: 'api:b' });
  finish('done');
  turns.start('running', 'lease', 0);
  turns.merge(['merged'], 'first');
  expect(ids(turns.waiting('api:a', 10))).toEqual(['first', 'second', 'third']);
  expect(ids(turns.waiting('api:a', 2))).toEqual(['first', 'second']);
  expect(ids(turns.mergedInto('first'))).toEqual(['merged']);
  expect(turns.countWaiting('api:a')).toBe(4); // the merged one has no answer yet either
  expect(turns.countAhead('api:a', turns.find('third')?.seq ?? 0)).toBe(3);
  expect(turns.countAhead('api:a', turns.find('first')?.seq ?? 0)).toBe(1);
  expect(turns.countByState()).toEqual({ queued: 5, running: 1 });
  expect(turns.sessionsWaiting().map(({ session, waiting }) => [session, waiting])).toEqual([
    ['api:a', 3],
    ['api:b', 1],
  ]);
});

test('sessions wait in the order of their oldest turn, whatever came later', () => {
  const { turns, add } = openStore();
  add('b1', { session: 'api:b' });
  add('a1');
  add('b2', { session: 'api:b' });
  expect(turns.sessionsWaiting().map(({ session }) => session)).toEqual(['api:b', 'api:a']);
});

test('what a process that is gone was running is found, by any lease but the own, and begins again', () => {
  const { turns, add, finish } = openStore();
  for (const id of ['theirs', 'mine', 'waits', 'done']) add(id);
  turns.start('theirs', 'gone', 5);
  turns.start('mine', 'own', 5);
  turns.start('done', 'gone', 5);
  finish('done');
  expect(ids(turns.abandoned('own'))).toEqual(['theirs']);
  turns.requeue('theirs');
  expect(turns.find('theirs')).toMatchObject({ state: 'queued', attempt: 1, startedAt: 5 });
  expect(turns.abandoned('own')).toEqual([]);
  expect(turns.start('theirs', 'own', 9)).toBe(2);
  expect(turns.find('theirs')?.startedAt).toBe(5); // when it was first begun
  const seq = (id: string): number => turns.find(id)?.seq ?? 0;
  expect([seq('theirs'), seq('waits'), 999].map((one) => turns.attempts(one))).toEqual([2, 0, 0]);
});

test('answers that are to be delivered are those under way alone, in their order', () => {
  const { turns, add, finish } = openStore();
  const deliverTo = { channel: 'telegram:dm:1', replyTo: '7' };
  for (const id of ['done', 'runs', 'waits']) add(id, { deliverTo });
  add('to nobody');
  finish('done');
  turns.start('runs', 'lease', 0);
  expect(ids(turns.openWithDelivery())).toEqual(['runs', 'waits']);
  expect(turns.find('runs')?.deliverTo).toEqual(deliverTo);
  expect(turns.find('to nobody')?.deliverTo).toBeNull();
});

test('a prompt is changed until its turn has begun or another one has taken it in', () => {
  const { turns, add } = openStore();
  for (const id of ['waits', 'begun', 'begun and cut', 'merged']) add(id);
  turns.start('begun', 'lease', 0);
  turns.start('begun and cut', 'lease', 0);
  turns.requeue('begun and cut');
  turns.merge(['merged'], 'waits');
  const changed = ['waits', 'begun', 'begun and cut', 'merged', 'none'].map((id) =>
    turns.changePrompt(id, 'new'),
  );
  expect(changed).toEqual([true, false, false, false, false]);
  expect(['waits', 'begun'].map((id) => turns.find(id)?.prompt)).toEqual(['new', 'p']);
});

test('the same words again: the newest that is open, else the newest that has ended lately', () => {
  const { turns, add, asked } = openStore();
  asked('long ago', 'p', 10);
  asked('lately', 'p', 20);
  asked('later', 'p', 20);
  asked('other words', 'q', 30);
  asked('elsewhere', 'p', 30, 'api:b');
  const like = (since: number) => turns.newestLike('api:a', 'p', since)?.id;
  expect([like(5), like(20), like(21)]).toEqual(['later', 'later', undefined]);
  add('open 1');
  add('open 2');
  add('open elsewhere', { session: 'api:b' });
  expect(like(1000)).toBe('open 2');
});

test('what was said long before is not what is asked again', () => {
  const { turns, asked } = openStore();
  asked('first', 'p', 20);
  for (let index = 0; index < 10; index++) asked(`other ${index}`, `q${index}`, 20);
  expect(turns.newestLike('api:a', 'p', 0)).toBeNull();
  expect(turns.newestLike('api:a', 'q0', 0)?.id).toBe('other 0');
});

test('an end is kept whole: state, words, reason and what it used', () => {
  const { turns, add } = openStore();
  add('failed');
  add('done');
  const error = { code: 'model_error', message: 'It broke.', retryable: true };
  turns.start('failed', 'lease', 0);
  turns.finish('failed', { state: 'failed', finishedAt: 9, answer: 'half', error, usage: null });
  expect(turns.find('failed')).toMatchObject({
    state: 'failed',
    finishedAt: 9,
    answer: 'half',
    error,
    usage: null,
  });
  const usage = {
    model: 'p/m',
    inputTokens: 5,
    outputTokens: 2,
    cachedTokens: 1,
    cacheWriteTokens: 3,
    costUsd: 0.5,
  };
  turns.finish('done', { state: 'done', finishedAt: 9, answer: 'all', error: null, usage });
  expect(turns.find('done')).toMatchObject({ state: 'done', error: null, usage });
  expect(turns.abandoned('own')).toEqual([]);
});
