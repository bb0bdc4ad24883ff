/** A stream that breaks anywhere yields every event exactly once and in order. */

import type { Clock } from '@mobyclaw/lib/clock';
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NotRunningError } from './cli-error.ts';
import { GatewayClient } from './gateway-client.ts';
import { GatewayError } from './gateway-error.ts';
import { ApiServer, problem, sayText, startApi, TOKEN } from './testing/api-server.ts';
import { streamTurn, UnconfirmedError } from './turn-stream.ts';

/** Pauses between tries take no time. */
const hasty: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs > 10_000 ? delayMs : 0);
    return { cancel: () => clearTimeout(timer) };
  },
};

function stream(port: number, options: { clock?: Clock; comesBack?: () => boolean } = {}) {
  const client = new GatewayClient({ port, token: TOKEN }, options.clock ?? hasty);
  return streamTurn({
    client,
    request: { prompt: 'hi', session: 'cli:main' },
    ...(options.comesBack && { comesBack: options.comesBack }),
  });
}

async function collect(events: AsyncIterable<NumberedEvent>): Promise<NumberedEvent[]> {
  const all: NumberedEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('breaks', () => {
  test('at random bytes, any number of times', async () => {
    const api = await startApi();
    const text = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 1, maxLength: 12 });
    const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(text, cuts, async (tokens, cutAfterBytes) => {
        api.cutAfterBytes = [...cutAfterBytes];
        api.onTurn = (turn) => sayText(turn, ...tokens);
        const before = api.turns.length;
        const events = await collect(stream(api.port));
        expect(api.turns.length).toBe(before + 1);
        expect(events).toEqual(api.turns.at(-1)?.events);
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  test('what comes a second time is passed over, be it one event or more', async () => {
    const api = await startApi();
    api.onTurn = (turn) => sayText(turn, 'one ', 'two ', 'three');
    const whole = await collect(stream(api.port));
    for (const repeats of [1, 3]) {
      Object.assign(api, { repeats, cutAfterBytes: [300, 300] });
      expect((await collect(stream(api.port))).map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
      expect(api.cutAfterBytes).toEqual([]);
    }
  });

  test('before the first event: the same prompt again, under the same key', async () => {
    const api = await startApi();
    api.cutAfterBytes = [10];
    api.onTurn = (turn) => sayText(turn, 'ok');
    expect(await collect(stream(api.port))).toHaveLength(4);
    const posts = api.seen.filter(({ method }) => method === 'POST');
    expect(posts).toHaveLength(2);
    expect(posts[0]?.headers['idempotency-key']).toBe(posts[1]?.headers['idempotency-key']);
    expect(api.turns).toHaveLength(1);
  });

  test('a gateway that restarts on the same port is waited for', async () => {
    const first = await startApi();
    const { port } = first;
    first.onTurn = (turn) => turn.push({ type: 'started', data: { turn: turn.id, session: 'cli:main' } });
    let away = 0;
    const second = new ApiServer();
    const events = stream(port, {
      comesBack: () => {
        if (++away === 3) void second.listen(port);
        return true;
      },
    });
    const started = await events.next();
    expect(started.value).toMatchObject({ id: 1, type: 'started' });
    const [turn] = first.turns;
    await first.close();
    if (turn) sayText(turn, 'unused', 'here');
    second.adopt(first);
    const rest = await collect(events);
    await second.close();
    expect(rest.map(({ id }) => id)).toEqual([2, 3, 4, 5, 6]);
  });
});

test('a draining gateway is asked again, a refusing one is not', async () => {
  const api = await startApi();
  api.refuseNext = [problem(503, 'draining', 'The gateway is stopping.')];
  api.onTurn = (turn) => sayText(turn, 'ok');
  expect(await collect(stream(api.port))).toHaveLength(4);
  api.refuseNext = [problem(429, 'queue-full', 'Too many wait.')];
  await expect(collect(stream(api.port))).rejects.toThrow(GatewayError);
  expect(api.turns).toHaveLength(1);
});

test('nobody listens and nothing brings the gateway back', async () => {
  const api = await new ApiServer().listen();
  const { port } = api;
  await api.close();
  await expect(collect(stream(port))).rejects.toThrow(NotRunningError);
});

describe('gives up after minutes', () => {
  async function givenUp(events: AsyncIterable<NumberedEvent>, clock: ManualClock): Promise<Error> {
    let error: Error | undefined;
    void collect(events).catch((reason: Error) => {
      error = reason;
    });
    for (let i = 0; error === undefined && i < 5_000; i++) {
      await clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (error === undefined) throw new Error('it never gave up');
    return error;
  }

  test('and says where the answer will be, where the gateway has the message', async () => {
    const api = await startApi();
    const clock = new ManualClock();
    api.onTurn = (turn) => turn.push({ type: 'started', data: { turn: turn.id, session: 'cli:main' } });
    const events = stream(api.port, { clock, comesBack: () => true });
    await events.next();
    await api.close();
    expect((await givenUp(events, clock)).message).toMatch(
      /The message is kept.*\.\/mobyclaw history cli:main/,
    );
  });

  test('and says that nothing was sent, where nobody has ever answered', async () => {
    const api = await new ApiServer().listen();
    const { port } = api;
    await api.close();
    const clock = new ManualClock();
    const { message } = await givenUp(stream(port, { clock, comesBack: () => true }), clock);
    expect(message).toContain('the message was not sent');
    expect(message).not.toContain('is kept');
  });

  test('and promises nothing, where the gateway was killed before it said that it has the message', async () => {
    const api = await startApi();
    api.onTurn = () => void api.close();
    const error = await collect(stream(api.port)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UnconfirmedError);
    expect((error as Error).message).toMatch(/may never have arrived. Asking again is safe/);
  });
});

test('a silent connection is given up and taken up again', async () => {
  const api = await startApi();
  const clock = new ManualClock();
  api.onTurn = (turn) => turn.push({ type: 'started', data: { turn: turn.id, session: 'cli:main' } });
  const events = stream(api.port, { clock });
  await events.next();
  const next = events.next();
  let done = false;
  void next.then(() => {
    done = true;
  });
  while (!api.seen.some(({ path }) => path.endsWith('/events'))) {
    await clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(done).toBe(false);
  api.turns[0]?.push({ type: 'token', data: { text: 'back' } });
  expect((await next).value).toMatchObject({ id: 2, type: 'token' });
  await events.return();
});
