/** A turn whose start the disk does not take. */
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { silentLogger } from '@mobyclaw/lib/logger';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { type Durability, StoreError } from '../store/database.ts';
import { Store } from '../store/store.ts';
import { TurnRunner, type TurnRunnerOptions } from './turn-runner.ts';

class FullStore extends Store {
  tries = 0;

  override transaction<T>(_durability: Durability, _work: () => T): T {
    this.tries++;
    throw new StoreError('full', 'the disk is full');
  }
}

test('it waits and tries again, two seconds later and not in a circle, until he stops; it stays where it was', async () => {
  const path = join(temporaryFolder(), 'gateway.db');
  const before = new Store(path);
  before.sessions.touch('api:a', 0);
  const said = { session: 'api:a', source: 'api', sender: 'owner', prompt: 'hello', attachments: [] };
  before.turns.insert({ id: 'turn', ...said, queueMode: null, createdAt: 0 });
  before.close();
  const store = new FullStore(path);
  onTestFinished(() => store.close());
  const clock = new ManualClock();
  const nothingElse = { budget: null, agentSessionsInUse: new Set<string>() };
  const options = { ...nothingElse, store, clock, logger: silentLogger, lease: 'lease' };
  const runner = new TurnRunner(options as unknown as TurnRunnerOptions); // it comes no further than the disk
  const turn = store.turns.find('turn');
  if (!turn) throw new Error('there is no turn');
  const stop = new AbortController();
  const run = runner.run(turn, stop.signal);
  await until('a first try', () => store.tries > 0);
  const once = store.tries;
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  await clock.advance(1999);
  expect(store.tries).toBe(once);
  await clock.advance(1);
  await until('another try', () => store.tries > once);
  expect(store.tries).toBe(2 * once);
  stop.abort('shutdown');
  await run;
  expect(store.turns.find('turn')?.state).toBe('queued');
});
