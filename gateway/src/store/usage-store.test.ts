/** What was spent: summed from turns that ended since a time, each model call once; and what the owner was told of it. */
import { join } from 'node:path';
import type { Usage } from '@mobyclaw/protocol/usage';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from './store.ts';

function openStore() {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const { turns, usage } = store;
  let count = 0;
  const spend = (
    used: Usage | null,
    more: { at?: number; source?: string; session?: string; mergedInto?: string } = {},
  ) => {
    const id = `turn-${count++}`;
    const { at = 100, source = 'api', session = 'api:a', mergedInto } = more;
    const said = { sender: 'owner', prompt: 'p', attachments: [], queueMode: null, createdAt: 0 };
    turns.insert({ id, session, source, ...said });
    if (mergedInto) turns.merge([id], mergedInto);
    turns.finish(id, { state: 'done', finishedAt: at, answer: '', error: null, usage: used });
    return id;
  };
  const tokens = (model: string, inputTokens: number, costUsd?: number): Usage => ({
    model,
    inputTokens,
    outputTokens: 1,
    ...(costUsd === undefined ? {} : { costUsd }),
  });
  return { usage, spend, tokens };
}

test('what is spent counts from its time on, without turns that asked no model or were merged into another', () => {
  const { usage, spend, tokens } = openStore();
  spend(tokens('p/m', 9, 5), { at: 99 });
  const first = spend(tokens('p/m', 9, 0.25), { at: 100 });
  spend(tokens('p/free', 19), { at: 101 });
  spend(tokens('p/m', 1000, 5), { mergedInto: first });
  spend(null);
  expect(usage.spentSince(100)).toEqual({ tokens: 30, usd: 0.25 });
  expect(usage.spentSince(101)).toEqual({ tokens: 20, usd: 0 });
  expect(usage.spentSince(102)).toEqual({ tokens: 0, usd: 0 });
  expect(usage.unpricedModels(100)).toEqual(['p/free']);
  expect(usage.unpricedModels(102)).toEqual([]);
});

test('it is told by model, trigger and conversation, the most first', () => {
  const { usage, spend, tokens } = openStore();
  spend(tokens('p/a', 9), { source: 'cron', session: 'cron:1' });
  spend(tokens('p/a', 9, 0.5), { source: 'cron', session: 'cron:1' });
  spend(tokens('p/b', 99, 1), { source: 'api' });
  spend(tokens('p/b', 999, 1), { at: 1 });
  expect(usage.byModel(100)).toMatchObject([
    { model: 'p/a', turns: 2, inputTokens: 18, outputTokens: 2, costUsd: 0.5, unpricedTurns: 1 },
    { model: 'p/b', turns: 1, inputTokens: 99, costUsd: 1, unpricedTurns: 0 },
  ]);
  expect(usage.bySource(100)).toEqual([
    { name: 'api', turns: 1, tokens: 100, costUsd: 1, unpricedTurns: 0 },
    { name: 'cron', turns: 2, tokens: 20, costUsd: 0.5, unpricedTurns: 1 },
  ]);
  expect(usage.bySession(100, 1).map(({ name }) => name)).toEqual(['api:a']);
  expect(usage.ofSession('cron:1')).toEqual({ turns: 2, tokens: 20, costUsd: 0.5, unpricedTurns: 1 });
  expect(usage.ofSession('api:none')).toEqual({ turns: 0, tokens: 0, costUsd: 0, unpricedTurns: 0 });
});

test('it is told by quarters of an hour, of turns whose cost is unknown too, and each is told when it began', () => {
  const { usage, spend, tokens } = openStore();
  const quarter = 15 * 60_000;
  spend(tokens('p/a', 9, 0.5), { at: 3 * quarter });
  spend(tokens('p/free', 99), { at: 3 * quarter + 1 });
  spend(tokens('p/a', 9), { at: 2 * quarter - 1 });
  spend(tokens('p/a', 9, 1), { at: quarter - 1 });
  expect(usage.bySlot(quarter)).toEqual([
    { at: quarter, turns: 1, inputTokens: 9, outputTokens: 1, costUsd: 0, unpricedTurns: 1 },
    { at: 3 * quarter, turns: 2, inputTokens: 108, outputTokens: 2, costUsd: 0.5, unpricedTurns: 1 },
  ]);
});

test('a price is given to what has none, of that model and since that time', () => {
  const { usage, spend, tokens } = openStore();
  const cached = {
    ...tokens('p/a', 1_000_000),
    outputTokens: 0,
    cachedTokens: 400_000,
    cacheWriteTokens: 100_000,
  };
  spend(cached);
  spend(tokens('p/a', 9, 7));
  spend(tokens('p/b', 9));
  spend(cached, { at: 99 });
  usage.setPrice('p/a', { input: 10, output: 20, cached: 1, cacheWrite: 12 }, 100);
  expect(usage.spentSince(100).usd).toBeCloseTo(7 + 5 + 0.4 + 1.2, 9);
  expect(usage.spentSince(0).usd).toBeCloseTo(7 + 5 + 0.4 + 1.2, 9);
  expect(usage.unpricedModels(0)).toEqual(['p/a', 'p/b']);
});

test('a day that was lifted is lifted, and no other', () => {
  const { usage } = openStore();
  usage.lift(1, 5);
  usage.lift(1, 6);
  expect([0, 1, 2].map((day) => usage.isLifted(day))).toEqual([false, true, false]);
});

test('word to the owner is noted once, waits in its order until it is sent, and is forgotten with its period', () => {
  const { usage } = openStore();
  expect([
    usage.addNotice('b', 'second', 2),
    usage.addNotice('a', 'first', 1),
    usage.addNotice('c', null, 3),
  ]).toEqual([true, true, true]);
  expect(usage.addNotice('a', 'again', 9)).toBe(false);
  expect(usage.waitingNotices()).toEqual([
    { key: 'a', text: 'first' },
    { key: 'b', text: 'second' },
  ]);
  usage.noticeSent('a');
  expect(usage.waitingNotices().map(({ key }) => key)).toEqual(['b']);
  expect(usage.addNotice('a', 'again', 9)).toBe(false);
  usage.forgetNotices(2);
  expect(usage.addNotice('a', 'of another period', 9)).toBe(true);
  expect(usage.waitingNotices().map(({ key }) => key)).toEqual(['b', 'a']);
});
