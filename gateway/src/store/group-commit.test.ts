import { expect, it } from 'vitest';
import { GroupCommit } from './group-commit.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('stores what comes in the same turn of the event loop together, in its order, and what comes later apart', async () => {
  const commits: string[][] = [];
  const group = new GroupCommit<string, string>({
    commit(items) {
      commits.push([...items]);
      return items.map((item) => item.toUpperCase());
    },
  });
  expect(await Promise.all(['a', 'b', 'c'].map((item) => group.add(item)))).toEqual(['A', 'B', 'C']);
  expect(await group.add('d')).toBe('D');
  expect(commits).toEqual([['a', 'b', 'c'], ['d']]);
});

it('waits for more as long as each turn brings some', async () => {
  const commits: number[][] = [];
  const group = new GroupCommit<number, number>({
    commit(items) {
      commits.push([...items]);
      return items;
    },
    mostGatheringMs: 60_000,
  });
  const added: Promise<number>[] = [];
  for (let item = 0; item < 5; item++) {
    added.push(group.add(item));
    await nextTurn();
  }
  await Promise.all(added);
  expect(commits).toEqual([[0, 1, 2, 3, 4]]);
});

it('waits no longer than it may, even if there is always more', async () => {
  const commits: number[] = [];
  const group = new GroupCommit<number, number>({
    commit(items) {
      commits.push(items.length);
      return items;
    },
    mostGatheringMs: 5,
  });
  for (let item = 0; commits.length === 0; item++) {
    void group.add(item);
    await nextTurn();
  }
  expect(commits).toHaveLength(1);
});

it('an error of one is told to its caller and to no other; one of the transaction to all', async () => {
  let full = false;
  const group = new GroupCommit<string, string>({
    commit(items) {
      if (full) throw new Error('full');
      return items.map((item) => (item === 'bad' ? new Error('refused') : item));
    },
  });
  const outcomes = await Promise.allSettled(['a', 'bad', 'b'].map((item) => group.add(item)));
  expect(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.message)),
  ).toEqual(['a', 'refused', 'b']);
  full = true;
  const refused = await Promise.allSettled(['a', 'b'].map((item) => group.add(item)));
  expect(refused.map((outcome) => outcome.status === 'rejected' && outcome.reason.message)).toEqual([
    'full',
    'full',
  ]);
});

it('tells nobody that his item is stored before it is synced, and syncs once for all and not for a refusal', async () => {
  const disk = Promise.withResolvers<void>();
  let syncs = 0;
  const group = new GroupCommit<string, string>({
    commit: (items) => items.map((item) => (item === 'bad' ? new Error('refused') : item)),
    synced() {
      syncs++;
      return disk.promise;
    },
  });
  await expect(group.add('bad')).rejects.toThrow('refused');
  expect(syncs).toBe(0);
  const told: string[] = [];
  const added = ['a', 'b'].map((item) => group.add(item).then((stored) => told.push(stored)));
  await nextTurn();
  await nextTurn();
  expect({ syncs, told }).toEqual({ syncs: 1, told: [] });
  disk.resolve();
  await Promise.all(added);
  expect(told).toEqual(['a', 'b']);
});

it('a disk that fails while it syncs is told to all whose items were stored', async () => {
  const group = new GroupCommit<string, string>({
    commit: (items) => [...items],
    synced: () => Promise.reject(new Error('the disk reports an error')),
  });
  const outcomes = await Promise.allSettled(['a', 'b'].map((item) => group.add(item)));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
