import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import type { QueueMode } from '@mobyclaw/protocol/prompt';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { Lanes } from './lanes.ts';

/** Lanes whose runs are ended by hand. */
function setUp(options: { limit?: number; mode?: QueueMode } = {}) {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  const clock = new ManualClock();
  const runs: { turn: TurnRow; signal: AbortSignal; end: () => void; cut: () => void; fail: () => void }[] =
    [];
  let count = 0;
  const lanes = new Lanes({
    store,
    clock,
    logger: silentLogger,
    limit: options.limit ?? 16,
    modeOf: () => options.mode ?? 'followup',
    run: (turn, signal) => {
      store.turns.start(turn.id, 'lease', clock.now());
      return new Promise((resolve, reject) => {
        const finish = (): void => {
          const end = { finishedAt: clock.now(), answer: '', error: null, usage: null };
          for (const one of [turn, ...store.turns.mergedInto(turn.id)]) {
            store.turns.finish(one.id, { state: 'done', ...end });
          }
        };
        runs.push({
          turn,
          signal,
          end: () => {
            finish();
            resolve();
          },
          cut: resolve,
          fail: () => {
            finish();
            reject(new Error('on purpose'));
          },
        });
      });
    },
  });
  const add = (session: string, prompt = `p${count}`, sender = 'owner'): string => {
    const id = `turn-${count++}`;
    store.turns.insert({
      id,
      session,
      source: 'api',
      sender,
      prompt,
      attachments: [],
      queueMode: null,
      createdAt: clock.now(),
    });
    lanes.arrived(session);
    return id;
  };
  return { store, clock, lanes, runs, add, running: () => runs.map(({ turn }) => turn.id) };
}

test('a session runs one turn at a time, in order, however fast they come', async () => {
  const { add, runs, running, clock } = setUp();
  add('api:a');
  add('api:a');
  add('api:a');
  expect(running()).toEqual(['turn-0']);
  runs[0]?.end();
  await clock.advance(0);
  expect(running()).toEqual(['turn-0', 'turn-1']);
  runs[1]?.fail();
  await clock.advance(0);
  expect(running()).toEqual(['turn-0', 'turn-1', 'turn-2']);
});

test('sessions run side by side up to the limit; a slow one delays no other', async () => {
  const { add, runs, running, clock } = setUp({ limit: 2 });
  add('api:slow');
  add('api:b');
  add('api:c');
  add('api:slow');
  expect(running()).toEqual(['turn-0', 'turn-1']);
  runs[1]?.end();
  await clock.advance(0);
  expect(running()).toEqual(['turn-0', 'turn-1', 'turn-2']);
});

test('what waits in the database is taken up in the order of arrival', () => {
  const first = setUp();
  for (const session of ['api:x', 'api:y', 'api:x']) {
    first.store.turns.insert({
      id: `${session}-${Math.random()}`,
      session,
      source: 'api',
      sender: 'owner',
      prompt: '',
      attachments: [],
      queueMode: null,
      createdAt: 0,
    });
  }
  first.lanes.load();
  expect(first.runs.map(({ turn }) => turn.session)).toEqual(['api:x', 'api:y']);
});

test('collect: what one person sends in a burst while Moby is busy becomes one prompt, after a quiet second', async () => {
  const { add, runs, running, store, clock } = setUp({ mode: 'collect' });
  add('api:a', 'running');
  add('api:a', 'and');
  await clock.advance(500);
  add('api:a', 'another thing');
  runs[0]?.end();
  await clock.advance(400);
  add('api:a', 'and last');
  await clock.advance(999);
  expect(running()).toEqual(['turn-0']);
  await clock.advance(1);
  expect(running()).toEqual(['turn-0', 'turn-1']);
  expect(store.turns.mergedInto('turn-1').map((turn) => turn.prompt)).toEqual(['another thing', 'and last']);
  runs[1]?.end();
  await clock.advance(5000);
  expect(running()).toHaveLength(2);
});

test('collect never joins the words of two people', async () => {
  const { add, runs, store, clock } = setUp({ mode: 'collect' });
  add('telegram:group:-1');
  add('telegram:group:-1', 'question', 'ann');
  add('telegram:group:-1', 'other question', 'ben');
  runs[0]?.end();
  await clock.advance(1000);
  expect(runs[1]?.turn.sender).toBe('ann');
  expect(store.turns.mergedInto('turn-1')).toEqual([]);
});

test('collect: a message to an idle session is not kept waiting', () => {
  const { add, running } = setUp({ mode: 'collect' });
  add('api:a');
  expect(running()).toEqual(['turn-0']);
});

test('pause lets the running turn end and holds new ones until it is lifted', async () => {
  const { add, runs, running, lanes, clock } = setUp();
  add('api:a');
  let paused = false;
  const hold = lanes.pause().then((held) => {
    paused = true;
    return held;
  });
  add('api:b');
  await clock.advance(0);
  expect([paused, running()]).toEqual([false, ['turn-0']]);
  runs[0]?.end();
  const { resume } = await hold;
  expect(running()).toEqual(['turn-0']);
  resume();
  resume();
  expect(running()).toEqual(['turn-0', 'turn-1']);
});

test('close gives running turns their time, then cuts them; nothing new starts', async () => {
  const { add, runs, running, lanes, clock } = setUp();
  add('api:a');
  const closed = lanes.close(1000);
  add('api:b');
  await clock.advance(999);
  expect(runs[0]?.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(runs[0]?.signal.reason).toBe('shutdown');
  runs[0]?.end();
  await closed;
  expect(running()).toEqual(['turn-0']);
});

test('a stop reaches the turn that runs and no other', () => {
  const { add, runs, lanes } = setUp();
  add('api:a');
  expect(lanes.stop('api:a', 'turn-7', 'cancelled')).toBe(false);
  expect(runs[0]?.signal.aborted).toBe(false);
  expect(lanes.stop('api:a', 'turn-0', 'cancelled')).toBe(true);
  expect(runs[0]?.signal.reason).toBe('cancelled');
});

test('a turn that waits for a person gives its place to others, and takes it back', async () => {
  const { lanes, add, runs, running, clock } = setUp({ limit: 1 });
  add('api:a');
  add('api:b');
  add('api:c');
  const goesOn = lanes.waits('api:a', 'turn-0');
  expect(running()).toEqual(['turn-0', 'turn-1']);
  goesOn();
  runs[1]?.end();
  await clock.advance(0);
  expect(running()).toEqual(['turn-0', 'turn-1']);
  runs[0]?.end();
  await clock.advance(0);
  expect(running()).toEqual(['turn-0', 'turn-1', 'turn-2']);
});

test('a pause waits for no person: the turn is cut, and is the first of its conversation afterwards', async () => {
  const { lanes, add, runs, running, clock, store } = setUp();
  add('api:a');
  add('api:a');
  lanes.waits('api:a', 'turn-0');
  const paused = lanes.pause();
  expect(runs[0]?.signal.reason).toBe('held');
  runs[0]?.cut();
  const held = await paused;
  expect(store.turns.find('turn-0')?.state).toBe('queued');
  held.resume();
  await clock.advance(0);
  expect(running()).toEqual(['turn-0', 'turn-0']);
});

test('a turn that begins to wait for a person during a pause is cut too; one that has ended meanwhile is not run again', async () => {
  const { lanes, add, runs, running, clock } = setUp();
  add('api:a');
  const paused = lanes.pause();
  expect(runs[0]?.signal.aborted).toBe(false);
  lanes.waits('api:a', 'turn-0');
  expect(runs[0]?.signal.reason).toBe('held');
  runs[0]?.end();
  (await paused).resume();
  await clock.advance(0);
  expect(running()).toEqual(['turn-0']);
});
