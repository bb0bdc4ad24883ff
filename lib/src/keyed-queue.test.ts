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
  expect(queue.has('key 7')).toBe(true);
  await Promise.all(tasks);
  await new Promise((resolve) => setImmediate(resolve));
  expect(queue.size).toBe(0);
  expect(queue.has('key 7')).toBe(false);
});

test('it is idle once the tasks of all keys have ended, also those that fail', async () => {
  const queue = new KeyedQueue();
  const gate = Promise.withResolvers<void>();
  const ended: string[] = [];
  queue.run('a', () => Promise.reject(new Error('refused'))).catch(() => ended.push('a'));
  void queue.run('b', () => gate.promise).then(() => ended.push('b'));
  const idle = queue.idle().then(() => ended.push('idle'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toEqual(['a']);
  gate.resolve();
  await idle;
  expect(ended).toEqual(['a', 'b', 'idle']);
});
