import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { withTimeout } from './with-timeout.ts';

const tooLate = (): never => {
  throw new Error('too late');
};

test('work that is in time counts, and leaves no timer', async () => {
  const clock = new ManualClock();
  const done = withTimeout(clock, 1000, Promise.resolve('done'), tooLate);
  expect(await done).toBe('done');
  expect(clock.waiting).toBe(0);
});

test('work that fails in time fails, and leaves no timer', async () => {
  const clock = new ManualClock();
  const failed = withTimeout(clock, 1000, Promise.reject(new Error('refused')), tooLate);
  await expect(failed).rejects.toThrow('refused');
  expect(clock.waiting).toBe(0);
});

test('what comes too late is decided by `late`; a failure after that is nobody’s', async () => {
  const clock = new ManualClock();
  const work = Promise.withResolvers<string>();
  const value = withTimeout(clock, 1000, work.promise, () => 'instead');
  const thrown = withTimeout(clock, 1000, work.promise, tooLate);
  thrown.catch(() => undefined);
  await clock.advance(1000);
  expect(await value).toBe('instead');
  await expect(thrown).rejects.toThrow('too late');
  work.reject(new Error('much later'));
  await clock.advance(0);
});
