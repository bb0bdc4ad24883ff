/** Turns that end in the same moment: one transaction, and yet each for itself. */
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, it, onTestFinished } from 'vitest';
import { Metrics } from '../metrics/metrics.ts';
import type { Durability } from '../store/database.ts';
import { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { EventLog } from './event-log.ts';
import { ReplyRecorder } from './reply-recorder.ts';
import { TurnFinisher } from './turn-finisher.ts';

class CountingStore extends Store {
  durable = 0;

  override transaction<T>(durability: Durability, work: () => T): T {
    if (durability === 'durable') this.durable++;
    return super.transaction(durability, work);
  }
}

function setUp(count: number, maxPages?: number) {
  const store = new CountingStore(
    join(temporaryFolder(), 'gateway.db'),
    maxPages === undefined ? {} : { maxPages },
  );
  onTestFinished(() => store.close());
  const clock = new ManualClock();
  const logger = silentLogger;
  const events = new EventLog({ store, clock, logger });
  const metrics = new Metrics({
    running: () => 0,
    queued: () => 0,
    questions: () => 0,
    fullest: () => 0,
    clock: systemClock,
  });
  const finisher = new TurnFinisher({
    store,
    events,
    metrics,
    replies: new ReplyRecorder(store),
    questions: { withdraw: () => () => {} },
    clock,
    logger,
  });
  const seen: Record<string, NumberedEvent['type'][]> = {};
  const turns = Array.from({ length: count }, (_, index): TurnRow => {
    const id = `turn-${index}`;
    const said = { session: `api:${index}`, source: 'api', sender: 'owner', prompt: 'p', attachments: [] };
    store.sessions.touch(said.session, 0);
    const seq = store.turns.insert({ id, ...said, queueMode: null, createdAt: 0 });
    store.turns.start(id, 'lease', 0);
    events.beginAttempt(seq, 1);
    events.append(seq, { type: 'token', data: { text: 'a' } });
    seen[id] = [];
    events.subscribe(seq, 0, (event) => void seen[id]?.push(event.type));
    const turn = store.turns.find(id);
    if (!turn) throw new Error(`there is no ${id}`);
    return turn;
  });
  store.durable = 0;
  const stateOf = (turn: TurnRow | undefined) => store.turns.find(turn?.id ?? '')?.state;
  return { store, clock, finisher, turns, seen, stateOf };
}

const answer = (text: string) => ({ state: 'done', text, usage: null }) as const;
const goesOn = new AbortController().signal;

it('share one sync of the disk, and each is seen to end once, after it', async () => {
  const { store, finisher, turns, seen, stateOf } = setUp(20);
  const ended = Promise.all(turns.map((turn) => finisher.finish(turn, answer(turn.id), goesOn)));
  expect(Object.values(seen).flat()).not.toContain('done');
  await ended;
  expect(store.durable).toBe(1);
  expect(Object.values(seen)).toEqual(turns.map(() => ['token', 'done']));
  expect(turns.map(stateOf)).toEqual(turns.map(() => 'done'));
  expect(turns.map(({ session, id }) => store.messages.firstOfTurn(session, id) !== null)).not.toContain(
    false,
  );
});

it('one that the disk does not take holds up no other, and is not seen to end', async () => {
  const { store, clock, finisher, turns, seen, stateOf } = setUp(3, 200);
  const [first, large, last] = turns as [TurnRow, TurnRow, TurnRow];
  const stop = new AbortController();
  const waits = finisher.finish(large, answer('x'.repeat(5_000_000)), stop.signal);
  await Promise.all([first, last].map((turn) => finisher.finish(turn, answer('short'), goesOn)));
  expect([first, large, last].map(stateOf)).toEqual(['done', 'running', 'done']);
  expect([first, large, last].map(({ id }) => seen[id])).toEqual([
    ['token', 'done'],
    ['token'],
    ['token', 'done'],
  ]);
  // A disk that is full is not asked in a circle: once, and then after a pause.
  const tries = store.durable;
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  expect(store.durable).toBe(tries);
  await clock.advance(1999);
  expect(store.durable).toBe(tries);
  await clock.advance(1);
  await until('another try', () => store.durable > tries);
  stop.abort('shutdown');
  let over = false;
  void waits.then(() => {
    over = true;
  });
  await until('the end of the wait for the disk', async () => {
    await clock.advance(2000);
    return over;
  });
  expect(stateOf(large)).toBe('running');
});
