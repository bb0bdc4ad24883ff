/** A call that waits for a person is neither quiet nor late. */
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, it } from 'vitest';
import { patiently } from './patience.ts';

const MINUTE = 60_000;

it('is not told of as quiet, and has the time that it waited for a person on top of its hour', async () => {
  const clock = new ManualClock();
  let quiet = 0;
  let personMs = 0;
  const options = {
    clock,
    signal: new AbortController().signal,
    ping: async () => undefined,
    onQuiet: () => void quiet++,
    personMs: () => personMs,
  };
  let given = 'waits';
  const call = patiently(options, (signal) => {
    return new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }).catch((error: Error) => {
    given = error.message;
  });
  personMs = 10 * MINUTE; // the owner was asked, and thought about it
  await clock.advance(60 * MINUTE);
  expect({ quiet, given }).toEqual({ quiet: 0, given: 'waits' });
  await clock.advance(9 * MINUTE);
  expect(given).toBe('waits');
  await clock.advance(MINUTE);
  await call;
  expect(given).toContain('within an hour');
});
