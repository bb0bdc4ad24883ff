import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { memoryOf } from '../../testing/recorded-host.ts';
import { Cursor } from './cursor.ts';
import { snowflakeAt } from './keys.ts';

const START = Date.UTC(2026, 0, 10);
const at = (seconds: number) => snowflakeAt(START + seconds * 1000);

function setUp(values = new Map<string, string>()) {
  const clock = new ManualClock(START + 3_600_000);
  return { values, clock, cursor: new Cursor(memoryOf(values), clock) };
}

test('before the first connection nothing was missed', () => {
  const { cursor } = setUp();
  expect(cursor.missedAfter).toBeNull();
  cursor.begin(at(0));
  expect(cursor.missedAfter).toBe(at(-60));
});

test('it never runs ahead of what is not on disk', () => {
  const { cursor, values } = setUp();
  const one = cursor.hold(at(1));
  const two = cursor.hold(at(2));
  two();
  cursor.save();
  expect(BigInt(values.get('cursor') ?? 0)).toBe(at(1) - 1n);
  one();
  cursor.save();
  expect(BigInt(values.get('cursor') ?? 0)).toBe(at(2));
});

test('a gap that is not filled yet holds it where it was, however often we start', () => {
  const values = new Map([['cursor', String(at(0))]]);
  for (let starts = 0; starts < 3; starts++) {
    const { cursor } = setUp(values);
    const after = cursor.missedAfter;
    expect(after).toBe(at(-60));
    cursor.holdMissed(after ?? 0n);
    cursor.hold(at(10))();
    cursor.save();
    expect(BigInt(values.get('cursor') ?? 0)).toBe(at(0));
  }
});

test('it is saved every few seconds, not for each message', async () => {
  const { cursor, values, clock } = setUp(new Map([['cursor', String(at(0))]]));
  cursor.hold(at(1))();
  expect(BigInt(values.get('cursor') ?? 0)).toBe(at(0));
  await clock.advance(5000);
  expect(BigInt(values.get('cursor') ?? 0)).toBe(at(1));
});

test('the first one is on disk at once: killed in its first seconds, the next start knows what it missed', () => {
  const { cursor, values } = setUp();
  cursor.begin(at(0));
  expect(setUp(values).cursor.missedAfter).toBe(at(-60));
});

test('it does not reach back to where keys of messages are forgotten', () => {
  const values = new Map([['cursor', String(snowflakeAt(START - 60 * 86_400_000))]]);
  const { cursor, clock } = setUp(values);
  expect(cursor.missedAfter).toBe(snowflakeAt(clock.now() - 14 * 86_400_000));
});
