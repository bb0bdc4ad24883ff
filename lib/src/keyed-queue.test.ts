import { expect, test } from 'vitest';
import { KeyedQueue } from './keyed-queue.ts';

test('tasks of a key run in their order, those of another beside them, and one that fails holds up none', async () => {
  const queue = new KeyedQueue();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = queue.run('a', async () => {
    await gate.promise;
    seen.push('a1');
    throw new Error('refused');
  });
  const second = queue.run('a', async () => seen.push('a2'));
  await queue.run('b', async () => seen.push('b1'));
  gate.resolve();
  await expect(first).rejects.toThrow('refused');
  await second;
  expect(seen).toEqual(['b1', 'a1', 'a2']);
});

test('of keys that are done nothing is kept', async () => {
  const queue = new KeyedQueue();
  const tasks = Array.from({ length: 100 }, (_, index) => queue.run(`key ${index}`, async () => index));
  expect(queue.size).toBe(100);
  await Promise.all(tasks);
  await new Promise((resolve) => setImmediate(resolve));
  expect(queue.size).toBe(0);
});
