/** How conversations are made shorter, by what is under way; and the one summary that is in force. */
import { expect, test } from 'vitest';
import type { NewCompaction } from './compaction-store.ts';
import { openStore } from './testing/open-store.ts';

const part = (session: string, more: Partial<NewCompaction> = {}): NewCompaction => ({
  session,
  why: 'full',
  agentSession: null,
  agent: null,
  afterId: 0,
  upto: 10,
  summarises: true,
  at: 7,
  ...more,
});

test('of each conversation the oldest that is under way leads; the newest of all is known too', () => {
  const { compactions } = openStore();
  const first = compactions.insert(part('a', { wish: 'names', agentSession: 's', agent: 'guest' }));
  const second = compactions.insert(part('a', { summarises: false }));
  const other = compactions.insert(part('b'));
  expect(compactions.find(first)).toEqual({
    id: first,
    ...part('a', { wish: 'names', agentSession: 's', agent: 'guest' }),
    at: undefined,
    state: 'due',
    flush: null,
    written: 0,
    flushedUpto: 0,
    summary: null,
    reason: null,
    tries: 0,
    dueAt: 7,
    createdAt: 7,
    endedAt: null,
  });
  const heads = () => compactions.heads().map(({ id }) => id);
  expect(heads()).toEqual([first, other]);
  expect(compactions.openOf('a').map(({ id }) => id)).toEqual([first, second]);
  expect(compactions.newestOf('a')?.id).toBe(second);
  compactions.change(first, { state: 'done', endedAt: 20 });
  expect(heads()).toEqual([second, other]);
  expect(compactions.openOf('a').map(({ id }) => id)).toEqual([second]);
  compactions.change(other, { state: 'failed', tries: 2, reason: 'no model' });
  expect(compactions.failing().map(({ id }) => id)).toEqual([other]);
  compactions.change(second, { state: 'failed', endedAt: 30 });
  expect(compactions.failing().map(({ id }) => id)).toEqual([other]);
  compactions.forgetEndedBefore(30);
  expect([first, second, other].map((id) => compactions.find(id) !== null)).toEqual([false, true, true]);
});

test('a summary takes the place of the one before under a new id, so that whoever was told the old one is known', () => {
  const { compactions } = openStore();
  compactions.setSummary('a', { upto: 1, text: 'one', at: 1 });
  const before = compactions.summary('a');
  compactions.setSummary('b', { upto: 1, text: 'other', at: 1 });
  compactions.setSummary('a', { upto: 5, text: 'two', at: 2 });
  const after = compactions.summary('a');
  expect(after).toMatchObject({ upto: 5, text: 'two', at: 2 });
  const ids = [before?.id, compactions.summary('b')?.id, after?.id];
  expect(new Set(ids).size).toBe(3);
  compactions.setSummary('a', { upto: 6, text: 'three', at: 3 }); // its own was the newest of all
  expect(compactions.summary('a')?.id).toBeGreaterThan(Number(after?.id));
});

test('after a new beginning no summary of before comes into force, be it made already or under way', () => {
  const { compactions } = openStore();
  compactions.setSummary('a', { upto: 1, text: 'one', at: 1 });
  compactions.setSummary('b', { upto: 1, text: 'other', at: 1 });
  const open = compactions.insert(part('a'));
  const ended = compactions.insert(part('a'));
  const elsewhere = compactions.insert(part('b'));
  compactions.change(ended, { state: 'done', endedAt: 1 });
  compactions.dropSummaries('a');
  expect([compactions.summary('a'), compactions.summary('b')?.text]).toEqual([null, 'other']);
  expect([open, ended, elsewhere].map((id) => compactions.find(id)?.summarises)).toEqual([false, true, true]);
});
