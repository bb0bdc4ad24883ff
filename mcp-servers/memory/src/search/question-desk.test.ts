import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { QUESTION_WAITS_MS, QuestionDesk } from './question-desk.ts';

function setUp() {
  const clock = new ManualClock();
  const desk = new QuestionDesk(clock);
  const { signal } = new AbortController();
  const next = (answered: { id: number; vectors: number[][] | null } | null = null, gone = signal) =>
    desk.next({ model: 'small', answered, timeout: 25 }, gone);
  return { clock, desk, next };
}

test('where nobody asks for questions, none waits', async () => {
  const { clock, desk } = setUp();
  expect(desk.isServed).toBe(false);
  expect(await desk.ask(['tea?'])).toBeNull();
  expect(clock.waiting).toBe(0);
});

test('a question goes out with the request that waits, and its vectors come with the next', async () => {
  const { desk, next } = setUp();
  const first = next();
  const asked = desk.ask(['tea?', 'boat?']);
  const { question } = await first;
  expect(question).toEqual({ id: 1, texts: ['tea?', 'boat?'] });
  void next({
    id: 1,
    vectors: [
      [1, 0],
      [0, 1],
    ],
  });
  expect(await asked).toEqual({
    model: 'small',
    vectors: new Map([
      ['tea?', Float32Array.of(1, 0)],
      ['boat?', Float32Array.of(0, 1)],
    ]),
  });
});

test('one that comes while the gateway works on another goes out after it', async () => {
  const { desk, next } = setUp();
  const first = next();
  const tea = desk.ask(['tea?']);
  await first;
  const boat = desk.ask(['boat?']);
  expect((await next({ id: 1, vectors: null })).question?.texts).toEqual(['boat?']);
  expect(await tea).toBeNull();
  void next({ id: 2, vectors: [[1]] });
  expect((await boat)?.vectors.get('boat?')).toEqual(Float32Array.of(1));
});

test('a question waits a moment and no longer; what comes too late is nothing', async () => {
  const { clock, desk, next } = setUp();
  const first = next();
  const asked = desk.ask(['tea?']);
  await first;
  await clock.advance(QUESTION_WAITS_MS);
  expect(await asked).toBeNull();
  void next({ id: 1, vectors: [[1]] });
  expect(desk.isServed).toBe(true);
});

test('a gateway that left, or had nothing to do for its time, is not waited for', async () => {
  const { clock, desk, next } = setUp();
  const leaving = new AbortController();
  const left = next(null, leaving.signal);
  leaving.abort();
  expect(await left).toEqual({ question: null });
  await clock.advance(QUESTION_WAITS_MS);
  expect(desk.isServed).toBe(false);
  const idle = next();
  await clock.advance(25_000);
  expect(await idle).toEqual({ question: null });
});
