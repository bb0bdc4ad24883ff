import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { RateLimit } from './rate-limit.ts';

test('thirty messages at once pass, then one every two seconds; the sender is warned once a minute', () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock);
  const take = (): string => limit.take('alice', clock.now()).verdict;
  for (let index = 0; index < 30; index++) expect(take()).toBe('passed');
  expect(take()).toBe('refused');
  expect(take()).toBe('refused-quietly');
  expect(limit.take('bob', clock.now()).verdict).toBe('passed');
  clock.jump(2000);
  expect(take()).toBe('passed');
  expect(take()).toBe('refused-quietly');
  clock.jump(60_000);
  for (let index = 0; index < 30; index++) expect(take()).toBe('passed');
  expect(take()).toBe('refused');
});

test('what piled up over hours while nobody listened passes', () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock);
  const start = clock.now() - 3 * 3_600_000;
  for (let index = 0; index < 100; index++)
    expect(limit.take('alice', start + index * 60_000).verdict).toBe('passed');
});

test('what is given back has not been taken, and a warning given back is given again', () => {
  const clock = new ManualClock();
  const limit = new RateLimit(clock);
  const sentAt = clock.now();
  for (let index = 0; index < 100; index++) limit.take('alice', sentAt).undo();
  for (let index = 0; index < 30; index++) expect(limit.take('alice', sentAt).verdict).toBe('passed');
  const warning = limit.take('alice', sentAt);
  expect(warning.verdict).toBe('refused');
  warning.undo();
  expect(limit.take('alice', sentAt).verdict).toBe('refused');
});
