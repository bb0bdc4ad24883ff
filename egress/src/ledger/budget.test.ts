import type { PriceEntry } from '@mobyclaw/lib/prices';
import type { EgressBudget, EgressCaps, EgressEvent, ModelCall } from '@mobyclaw/protocol/egress';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../store/database.ts';
import { BudgetRefusal, CallBudget } from './budget.ts';
import { Ledger } from './ledger.ts';

const PRICES: PriceEntry[] = [
  ['dear/*', { input: 1000, output: 1000 }],
  ['free/*', { input: 0, output: 0 }],
];
const NO_CAPS: EgressCaps = { dayUsd: null, monthUsd: null, dayTokens: null, monthTokens: null };
const NEVER = new AbortController().signal;

const told = (caps: Partial<EgressCaps>, more: Partial<EgressBudget> = {}): EgressBudget => ({
  caps: { ...NO_CAPS, ...caps },
  timeZone: 'Europe/Berlin',
  prices: PRICES,
  elsewhere: {
    day: '2026-12-01',
    month: '2026-12',
    ofDay: { usd: 0, tokens: 0 },
    ofMonth: { usd: 0, tokens: 0 },
  },
  liftedDay: null,
  ...more,
});

function start(folder = temporaryFolder(), clock = new ManualClock(Date.parse('2026-12-01T10:00:00Z'))) {
  const database = openDatabase(folder);
  onTestFinished(() => {
    if (database.isOpen) database.close();
  });
  const calls: ModelCall[] = [];
  const ledger = new Ledger(database, clock, (event: EgressEvent) => {
    if (event.event === 'call') calls.push(event.data);
  });
  const budget = new CallBudget(ledger, clock);
  const left = ledger.recover(budget.costOf);
  let began = 0;
  /** One call as the relay makes it. @returns whether it was let through */
  const call = async (tokens: number, model = 'dear/m', most = 100_000): Promise<boolean> => {
    try {
      const admission = await budget.admit({ model, inputTokens: most, outputTokens: most }, NEVER);
      began++;
      const [provider = '', name = ''] = model.split('/');
      const id = ledger.begin({ provider, model: name, turn: null, day: admission.day, inputGuess: 7 });
      for (let wait = 0; wait < 3; wait++) await new Promise((resolve) => setImmediate(resolve));
      ledger.end(
        id,
        { status: 'ok', httpStatus: 200, usage: { inputTokens: tokens - 1, outputTokens: 1 }, outputSeen: 0 },
        budget.costOf,
      );
      admission.release();
      return true;
    } catch (error) {
      if (error instanceof BudgetRefusal) return false;
      throw error;
    }
  };
  return { database, ledger, budget, calls, call, left, began: () => began, folder, clock };
}

test('until the gateway has told the budget nothing is let through; what it told is kept over a restart', async () => {
  const first = start();
  expect(await first.call(10)).toBe(false);
  first.budget.replace(told({ dayTokens: 100 }));
  expect(await first.call(60)).toBe(true);
  first.database.close();
  const second = start(first.folder, first.clock);
  expect(second.budget.caps).toMatchObject({ dayTokens: 100 });
  expect([await second.call(60), await second.call(1)]).toEqual([true, false]);
});

test.each([
  ['in tokens', { dayTokens: 1_000 }],
  ['in dollars', { dayUsd: 1 }], // 1,000 tokens of the dear one
  ['of the month', { monthTokens: 1_000 }],
])('of 32 calls that come at once exactly those begin that begin below the cap %s', async (_name, caps) => {
  const { budget, call, ledger } = start();
  budget.replace(told(caps));
  const went = await Promise.all(Array.from({ length: 32 }, () => call(150)));
  expect(went.filter(Boolean)).toHaveLength(7); // 6 × 150 are below 1,000, the seventh crosses it
  expect(ledger.sum('2026-12-01').tokens).toBe(1_050);
});

test('far below the cap calls run side by side', async () => {
  const { budget } = start();
  budget.replace(told({ dayTokens: 1_000_000_000 }));
  const bound = { model: 'dear/m', inputTokens: 1_000, outputTokens: 1_000 };
  const all = await Promise.all(Array.from({ length: 256 }, () => budget.admit(bound, NEVER)));
  expect(all).toHaveLength(256);
});

test('a model without a price runs once under a cap in dollars, and without limit under one in tokens', async () => {
  const { budget, call } = start();
  budget.replace(told({ dayUsd: 5 }));
  const went = await Promise.all(Array.from({ length: 8 }, () => call(10, 'strange/m')));
  expect(went.filter(Boolean)).toHaveLength(1);
  budget.replace(told({ dayUsd: 5 }, { prices: [...PRICES, ['strange/m', { input: 1, output: 1 }]] }));
  expect(await call(10, 'strange/m')).toBe(true); // the owner wrote the price down
});

test('the owner lifts it for a day, and the next day counts afresh', async () => {
  const { budget, call, clock } = start();
  budget.replace(told({ dayTokens: 10 }));
  expect([await call(10), await call(1)]).toEqual([true, false]);
  budget.replace(told({ dayTokens: 10 }, { liftedDay: '2026-12-01' }));
  expect([await call(10), await call(10)]).toEqual([true, true]);
  await clock.advance(13 * 3_600_000); // 2 December in Berlin, still the 1st in UTC
  expect([await call(10), await call(1)]).toEqual([true, false]);
});

test('what was spent elsewhere counts on its day', async () => {
  const { budget, call } = start();
  const spent = { usd: 0, tokens: 95 };
  const elsewhere = { day: '2026-12-01', month: '2026-12', ofDay: spent, ofMonth: spent };
  budget.replace(told({ dayTokens: 100 }, { elsewhere }));
  expect([await call(5), await call(1)]).toEqual([true, false]);
  budget.replace(told({ dayTokens: 100 }, { elsewhere: { ...elsewhere, day: '2026-11-30' } }));
  expect(await call(5)).toBe(true);
});

test('one that waits and leaves lets the others pass', async () => {
  const { budget } = start();
  budget.replace(told({ dayTokens: 100 }));
  const bound = { model: 'dear/m', inputTokens: 1_000, outputTokens: 1_000 };
  const running = await budget.admit(bound, NEVER);
  const leaving = new AbortController();
  const left = budget.admit(bound, leaving.signal);
  const next = budget.admit(bound, NEVER);
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  running.release();
  await expect(next).resolves.toMatchObject({ day: '2026-12-01' });
});

test('a call whose end nobody saw counts what was guessed, and is told as a guess', async () => {
  const first = start();
  first.budget.replace(told({ dayTokens: 2_000 }));
  expect(await first.call(100)).toBe(true); // from now on its answers have one token
  first.ledger.begin({ provider: 'dear', model: 'm', turn: 't', day: first.budget.today, inputGuess: 70 });
  first.database.close(); // as a kill leaves it
  const second = start(first.folder, first.clock);
  expect(second.left).toBe(1);
  expect(second.calls).toMatchObject([
    { status: 'cut', estimated: true, inputTokens: 70, outputTokens: 1, turn: 't', costUsd: 0.071 },
  ]);
  expect(second.ledger.sum('2026-12').tokens).toBe(171);
  expect(start(first.folder, first.clock).left).toBe(0);
});

test('an error of the provider costs nothing; a cut stream costs what it told and what was seen', () => {
  const { ledger, budget } = start();
  budget.replace(told({}));
  const begin = (): string =>
    ledger.begin({ provider: 'dear', model: 'm', turn: null, day: budget.today, inputGuess: 50 });
  const failed = { status: 'failed', httpStatus: 529, usage: null, outputSeen: 0 } as const;
  expect(ledger.end(begin(), failed, budget.costOf)).toMatchObject({ inputTokens: 0, costUsd: 0 });
  const cut = { status: 'cut', httpStatus: 200, outputSeen: 9 } as const;
  const known = { inputTokens: 40, outputTokens: 1 };
  expect(ledger.end(begin(), { ...cut, usage: known }, budget.costOf)).toMatchObject({
    inputTokens: 40,
    outputTokens: 9,
    estimated: true,
  });
  expect(ledger.end(begin(), { ...cut, usage: null }, budget.costOf)).toMatchObject({
    inputTokens: 50,
    outputTokens: 9,
  });
  const ok = ledger.end(begin(), { ...cut, status: 'ok', usage: known }, budget.costOf);
  expect(ok).toMatchObject({ inputTokens: 40, outputTokens: 1 });
  expect(ok.estimated).toBeUndefined();
});
