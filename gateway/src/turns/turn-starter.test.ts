/** Attempts that begin in the same moment: one transaction, and yet each for itself. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, it, onTestFinished } from 'vitest';
import type { Durability } from '../store/database.ts';
import { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { TurnStarter } from './turn-starter.ts';

class CountingStore extends Store {
  transactions = 0;

  override transaction<T>(durability: Durability, work: () => T): T {
    this.transactions++;
    return super.transaction(durability, work);
  }
}

const PAGE_BYTES = 4096;

/** @param roomBytes that the disk has, if it is small */
function setUp(prompts: string[], roomBytes?: number) {
  const path = join(temporaryFolder(), 'gateway.db');
  new Store(path).close();
  const options = roomBytes === undefined ? {} : { maxPages: (statSync(path).size + roomBytes) / PAGE_BYTES };
  const store = new CountingStore(path, options);
  onTestFinished(() => store.close());
  const due: string[] = [];
  const resets = { applyDue: (turn: TurnRow) => void due.push(turn.id) };
  const starter = new TurnStarter({
    store,
    clock: new ManualClock(),
    resets,
    lease: 'lease',
  });
  const turns = prompts.map((prompt, index): TurnRow => {
    const id = `turn-${index}`;
    const said = { session: `api:${index}`, source: 'api', sender: 'owner', prompt, attachments: [] };
    store.sessions.touch(said.session, 0);
    store.turns.insert({ id, ...said, queueMode: null, createdAt: 0 });
    const turn = store.turns.find(id);
    if (!turn) throw new Error(`there is no ${id}`);
    return turn;
  });
  store.transactions = 0;
  const said = (turn: TurnRow) => store.messages.firstOfTurn(turn.session, turn.id);
  return { store, starter, turns, due, said };
}

it('share a transaction; the prompt is stored by the first attempt alone', async () => {
  const { store, starter, turns, due, said } = setUp(['a', 'b', 'c']);
  expect(await Promise.all(turns.map((turn) => starter.start(turn, true)))).toEqual([1, 1, 1]);
  expect(store.transactions).toBe(1);
  expect(due).toEqual(['turn-0', 'turn-1', 'turn-2']);
  const first = turns.map(said);
  expect(first.every(Boolean)).toBe(true);
  expect(await Promise.all(turns.map((turn) => starter.start(turn, false)))).toEqual([2, 2, 2]);
  expect(turns.map(said)).toEqual(first);
  expect(due).toHaveLength(3);
});

it('one that the disk does not take holds up no other', async () => {
  const long = 'b'.repeat(100 * PAGE_BYTES); // stands in its turn already; there is no room for it once more
  const { store, starter, turns, said } = setUp(['a', long, 'c'], 150 * PAGE_BYTES);
  const [a, b, c] = await Promise.allSettled(turns.map((turn) => starter.start(turn, true)));
  expect([a?.status, b, c?.status]).toEqual([
    'fulfilled',
    { status: 'rejected', reason: expect.objectContaining({ name: 'StoreError', code: 'full' }) },
    'fulfilled',
  ]);
  expect(turns.map((turn) => store.turns.find(turn.id)?.attempt)).toEqual([1, 0, 1]);
  expect(turns.map((turn) => Boolean(said(turn)))).toEqual([true, false, true]);
});
