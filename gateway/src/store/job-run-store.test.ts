/** The runs of schedules: which slots were claimed, what is under way, what is kept of those that are over. */
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { definitionOf, openStore, runOf } from './testing/open-store.ts';

test('the turns of guests are counted by chat and day, and days that are over are forgotten', () => {
  const store = openStore();
  const { jobRuns, path } = store;
  const counts = (day: string) => ['a', 'b'].map((chat) => jobRuns.guestTurns(chat, day));
  for (const [chat, day] of [
    ['a', '2026-10-01'],
    ['a', '2026-10-01'],
    ['b', '2026-10-01'],
    ['a', '2026-10-02'],
    ['a', '2026-10-02'],
  ] as const)
    store.transaction('relaxed', () => jobRuns.countGuestTurn(chat, day));
  expect(counts('2026-10-02')).toEqual([2, 0]);
  expect(counts('2026-10-01')).toEqual([0, 0]);
  using file = new DatabaseSync(path, { readOnly: true });
  expect(file.prepare('SELECT count(*) AS kept FROM guest_turns').get()).toEqual({ kept: 1 });
});

const ids = (runs: readonly { id: string }[]): string[] => runs.map(({ id }) => id);

test('a slot is claimed once; the newest runs come first, and those that have not ended in their order', () => {
  const { jobRuns } = openStore();
  expect(jobRuns.claim(runOf('1', { key: 'water@1', state: 'waiting' }))).toBe(true);
  expect(jobRuns.claim(runOf('again', { key: 'water@1' }))).toBe(false);
  jobRuns.claim(runOf('2', { state: 'ended', outcome: 'failed', claimedAt: 7 }));
  jobRuns.claim(runOf('3', { state: 'retrying' }));
  jobRuns.claim(runOf('other', { job: 'sleep', state: 'delivering' }));
  jobRuns.claim(runOf('4', { state: 'ended', outcome: 'skipped', detail: 'busy' }));
  expect(ids(jobRuns.history('water', 9))).toEqual(['4', '3', '2', '1']);
  expect(ids(jobRuns.history('water', 2))).toEqual(['4', '3']);
  expect(ids(jobRuns.openOf('water'))).toEqual(['1', '3']);
  expect(ids(jobRuns.open())).toEqual(['other', '1', '3']);
  expect(jobRuns.last('water')?.id).toBe('3'); // the one that was left out is none
  expect(jobRuns.lastFailed('water')).toMatchObject({ id: '2', finishedAt: 7 });
  expect(jobRuns.lastFailed('sleep')).toBeNull();
  expect([jobRuns.isClaimed('water@1'), jobRuns.isClaimed('water@9')]).toEqual([true, false]);
});

test('of all schedules that are there the last run, without what was left out', () => {
  const { jobs, jobRuns } = openStore();
  for (const id of ['water', 'sleep', 'idle']) jobs.insert(id, definitionOf(), true, null, 0);
  jobRuns.claim(runOf('1'));
  jobRuns.claim(runOf('2'));
  jobRuns.claim(runOf('3', { outcome: 'skipped', state: 'ended' }));
  jobRuns.claim(runOf('s', { job: 'sleep' }));
  jobRuns.claim(runOf('gone', { job: 'gone' }));
  const last = [...jobRuns.lastOfAll()].map(([job, { id }]) => [job, id]);
  expect(Object.fromEntries(last)).toEqual({ water: '2', sleep: 's' });
});

test('times that were left out for the same reason are one row, until something else happens', () => {
  const { jobRuns } = openStore();
  const skip = (id: string, at: number, detail = 'busy') =>
    jobRuns.leaveOut(
      runOf(id, {
        slot: at,
        firstSlot: at,
        lastSlot: at,
        claimedAt: at,
        state: 'ended',
        outcome: 'skipped',
        detail,
      }),
    );
  skip('1', 10);
  skip('2', 20);
  skip('3', 5);
  skip('1', 30); // a slot that is claimed already
  expect(jobRuns.history('water', 9)).toMatchObject([
    { id: '1', times: 3, firstSlot: 5, lastSlot: 20, finishedAt: 5 },
  ]);
  skip('4', 40, 'over budget');
  skip('5', 50);
  expect(ids(jobRuns.history('water', 9))).toEqual(['5', '4', '1']);
});

test('the run at work in a conversation is one that asks, not one that waits or delivers', () => {
  const { jobRuns } = openStore();
  const inside = { session: 'cron:water' };
  jobRuns.claim(runOf('waits', { state: 'waiting' }, inside));
  jobRuns.claim(runOf('delivers', { state: 'delivering' }, inside));
  jobRuns.claim(runOf('elsewhere', { state: 'running' }, { session: 'cron:other' }));
  expect(jobRuns.workingIn('cron:water')).toBeNull();
  jobRuns.claim(runOf('again', { state: 'retrying' }, inside));
  expect(jobRuns.workingIn('cron:water')?.id).toBe('again');
});

test('what is due, and how far a run was put off at most', () => {
  const { jobRuns } = openStore();
  expect(jobRuns.nextDue()).toBeNull();
  for (const [id, dueAt] of [
    ['late', 90],
    ['early', 10],
    ['now', 20],
  ] as const) {
    jobRuns.claim(runOf(id));
    jobRuns.update(id, { dueAt });
  }
  expect(jobRuns.nextDue()).toBe(10);
  expect(ids(jobRuns.due(20))).toEqual(['early', 'now']);
  jobRuns.capDue(50);
  expect(['late', 'early'].map((id) => jobRuns.find(id)?.dueAt)).toEqual([50, 10]);
  const usage = { model: 'p/m', inputTokens: 1, outputTokens: 1 };
  jobRuns.update('late', { dueAt: null, usage, state: 'ended' });
  expect(jobRuns.find('late')).toMatchObject({ dueAt: null, usage, state: 'ended', attempt: 0 });
});

test('the newest runs are kept, and those that have not ended', () => {
  const { jobRuns } = openStore();
  for (let index = 1; index <= 5; index++)
    jobRuns.claim(runOf(String(index), { state: index === 1 ? 'running' : 'ended' }));
  jobRuns.claim(runOf('other', { job: 'sleep', state: 'ended' }));
  jobRuns.prune('water', 2);
  expect(ids(jobRuns.history('water', 9))).toEqual(['5', '4', '1']);
  jobRuns.deleteOf('water');
  expect([jobRuns.history('water', 9), ids(jobRuns.history('sleep', 9))]).toEqual([[], ['other']]);
});
