import { APICallError } from '@ai-sdk/provider';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, it } from 'vitest';
import { withRetries } from './retry.ts';

function refused(statusCode: number, responseHeaders: Record<string, string> = {}): APICallError {
  const url = 'http://127.0.0.1/v1';
  return new APICallError({ message: 'no', url, requestBodyValues: {}, statusCode, responseHeaders });
}

/** Fails with each of these errors in turn, then answers; tells when it was asked, in ms from the start. */
function start(failures: unknown[], maxRetries = 2, nextWaits = false) {
  const clock = new ManualClock();
  const began = clock.now();
  const asked: number[] = [];
  const stop = new AbortController();
  const ask = async (): Promise<string> => {
    asked.push(clock.now() - began);
    if (failures.length >= asked.length) throw failures[asked.length - 1];
    return 'answer';
  };
  const outcome = withRetries(ask, { maxRetries, clock, signal: stop.signal, nextWaits }).catch(
    (error: unknown) => error,
  );
  return { clock, asked, outcome, stop };
}

it('waits 2 seconds, then 4, and gives up with the last failure', async () => {
  const last = refused(503);
  const { clock, asked, outcome } = start([refused(500), refused(429), last, refused(500)]);
  await clock.advance(20_000);
  expect(await outcome).toBe(last);
  expect(asked).toEqual([0, 2000, 6000]);
});

it.each([
  [{ 'retry-after-ms': '250' }, 250],
  [{ 'retry-after-ms': '250', 'retry-after': '7' }, 250],
  [{ 'retry-after': '7' }, 7000],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' }, 9000],
  [{ 'retry-after': '3600' }, 2000],
  [{ 'retry-after': 'Wed, 31 Dec 2025 23:00:00 GMT' }, 2000],
  [{ 'retry-after': 'soon' }, 2000],
])('asks again when the provider says, if that is soon: %j', async (headers, afterMs) => {
  const { clock, asked, outcome } = start([refused(429, headers)]);
  await clock.advance(10_000);
  expect(await outcome).toBe('answer');
  expect(asked).toEqual([0, afterMs]);
});

it.each([
  ['a refusal', refused(401)],
  ['what its server says not to repeat', refused(429, { 'x-should-retry': 'false' })],
  ['a fault that is no answer of the provider', new Error('oops')],
])('does not repeat %s', async (_, failure) => {
  const { asked, outcome } = start([failure]);
  expect(await outcome).toBe(failure);
  expect(asked).toEqual([0]);
});

it('stops waiting when the run ends', async () => {
  const { clock, asked, outcome, stop } = start([refused(500)]);
  await clock.advance(100);
  stop.abort(new Error('left'));
  expect(await outcome).toEqual(new Error('left'));
  await clock.advance(10_000);
  expect(asked).toEqual([0]);
});

it.each([
  [
    'what its server may recover from is tried again soon',
    refused(503, { 'retry-after': '30' }),
    [0, 200, 600],
  ],
  ['a full queue is not waited for', refused(429), [0]],
  ['nor is a refusal', refused(401), [0]],
])('where another model waits, %s', async (_, failure, times) => {
  const { clock, asked, outcome } = start([failure, failure, failure], 2, true);
  await clock.advance(20_000);
  expect(await outcome).toBe(failure);
  expect(asked).toEqual(times);
});
