/** Schedules by what becomes of them: which are due, which may be forgotten, what the owner has not been told. */
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import type { JobDefinition, NewRun } from './job-rows.ts';
import type { JobPlan } from './job-store.ts';
import { Store } from './store.ts';

function openStore() {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const { jobs, jobRuns } = store;
  const add = (id: string, plan: Partial<JobPlan> = {}, definition: Partial<JobDefinition> = {}): void => {
    jobs.insert(id, { name: id, origin: null, ...definition } as JobDefinition, true, null, 0);
    jobs.plan(id, { nextRun: null, plannedAt: 0, enabled: true, ended: null, runs: 0, ...plan });
  };
  const run = (job: string, state: 'running' | 'ended', at: number): void => {
    const key = `${job}@${at}`;
    const planned = {
      slot: at,
      times: 1,
      firstSlot: at,
      lastSlot: at,
      trigger: 'manual',
      outcome: null,
      detail: null,
    };
    jobRuns.claim({ ...planned, id: key, key, job, state, claimedAt: at, task: {} } as unknown as NewRun);
  };
  return { jobs, add, run };
}

const ids = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);

test('of those that have finished the ones are forgotten that are over in every way, longest ago first', () => {
  const { jobs, add, run } = openStore();
  const finished = { ended: 'finished', enabled: false } as const;
  add('later', { ...finished, plannedAt: 20 });
  add('first', { ...finished, plannedAt: 10 });
  add('young', { ...finished, plannedAt: 100 });
  add('goes on', { plannedAt: 10 });
  add('failed', { ended: 'failures', enabled: false, plannedAt: 10 });
  add('owner not told', { ...finished, plannedAt: 10 });
  jobs.setNotice('owner not told', { key: 'k', text: 'It failed.' });
  add('under way', { ...finished, plannedAt: 10 });
  run('under way', 'running', 11);
  add('ran by hand since', { ...finished, plannedAt: 10 });
  run('ran by hand since', 'ended', 100);
  add('ran by hand long ago', { ...finished, plannedAt: 10 });
  run('ran by hand long ago', 'ended', 15);
  expect(jobs.finishedBefore(100, 10)).toEqual(['first', 'ran by hand long ago', 'later']);
  expect(jobs.finishedBefore(100, 1)).toEqual(['first']);
  expect(jobs.oldestFinished()).toBe('first');
  jobs.setNotice('owner not told', null);
  expect(jobs.finishedBefore(11, 10)).toEqual(['first', 'owner not told']);
});

test('what is due comes in the order of its slots, and what was planned by a clock that ran ahead is known', () => {
  const { jobs, add } = openStore();
  add('late', { nextRun: 30, plannedAt: 5 });
  add('early', { nextRun: 10, plannedAt: 50 });
  add('at the moment', { nextRun: 20, plannedAt: 20 });
  add('paused', { plannedAt: 50, enabled: false });
  add('over', { nextRun: null, plannedAt: 50, ended: 'finished', enabled: false });
  expect(jobs.nextDue()).toBe(10);
  expect(ids(jobs.due(20, 10))).toEqual(['early', 'at the moment']);
  expect(ids(jobs.due(9, 10))).toEqual([]);
  expect(ids(jobs.due(30, 2))).toEqual(['early', 'at the moment']);
  expect(ids(jobs.plannedAfter(20))).toEqual(['early']);
  jobs.disable('early');
  expect(jobs.find('early')).toMatchObject({ enabled: false, ended: 'failures', nextRun: null });
  expect(jobs.nextDue()).toBe(20);
  expect(jobs.counts()).toEqual({ active: 2, failed: 1 });
  expect(ids(jobs.list(false))).toEqual(['at the moment', 'early', 'late', 'paused']);
  expect(jobs.list(true)).toHaveLength(5);
});

test('a guest has those that have not ended, in the conversation where he asked', () => {
  const { jobs, add } = openStore();
  const theirs = { guest: true, origin: 'telegram:dm:7' };
  add('his', {}, theirs);
  add('his, paused', { enabled: false }, theirs);
  add('his, over', { ended: 'finished' }, theirs);
  add('elsewhere', {}, { ...theirs, origin: 'telegram:dm:8' });
  add('the owner’s there', {}, { origin: 'telegram:dm:7' });
  expect(jobs.countOfGuests('telegram:dm:7')).toBe(2);
});

test('failures put a job off, no longer than allowed; words to the owner wait until they are taken away', () => {
  const { jobs, add } = openStore();
  for (const id of ['long', 'short', 'sound']) add(id);
  jobs.setFailures('long', 3, 1000);
  jobs.setFailures('short', 1, 10);
  jobs.capBackoff(100);
  expect(['long', 'short', 'sound'].map((id) => jobs.find(id)?.backoffUntil)).toEqual([100, 10, null]);
  expect(jobs.find('long')?.failures).toBe(3);
  jobs.setNotice('long', { key: 'k', text: 't' });
  expect(jobs.notices()).toEqual([{ job: 'long', notice: { key: 'k', text: 't' } }]);
  jobs.setNotice('long', null);
  expect(jobs.notices()).toEqual([]);
  expect([jobs.delete('long'), jobs.delete('long'), jobs.any()]).toEqual([true, false, true]);
});
