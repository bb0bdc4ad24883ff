/** Word to the owner about the budget: durable, in his channel, each step of each period once. */
import { join } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../store/store.ts';
import { type Harness, openHarness } from '../testing/harness.ts';
import { BudgetNotices } from './budget-notices.ts';
import { periodState } from './period-state.ts';

const CALL = 132; // tokens of one call of the fake agent's model

const OWNER = { MOBYCLAW_OWNER_CHANNEL: 'web:main' };

async function told(moby: Harness): Promise<string[]> {
  const { status, body } = await moby.call('GET', '/api/sessions/web:main/messages');
  return status === 404 ? [] : body.items.map(({ text }: { text: string }) => text);
}

/** As many calls as it takes to have told that much, and then one more to see that it was all. */
async function askUntilTold(moby: Harness, count: number, calls: number): Promise<string[]> {
  for (let call = 0; call < calls; call++) await moby.ask('hello');
  await until('word to the owner', async () => (await told(moby)).length >= count);
  await moby.ask('hello');
  return told(moby);
}

test('80 %, 90 % and 100 % of a day are told once each, with what follows', async () => {
  const moby = await openHarness({ env: { ...OWNER, MOBYCLAW_BUDGET_DAY_TOKENS: String(10 * CALL) } });
  const texts = await askUntilTold(moby, 3, 10);
  expect(texts).toEqual([
    expect.stringMatching(/1,056 of the 1,320 tokens for today are spent\. At 90 %/),
    expect.stringMatching(/1,188 of the 1,320 .*, so what nobody asked for .* waits until tomorrow\./),
    expect.stringMatching(/1,320 of the 1,320 .*, so nothing runs until tomorrow\. .*\/usage lift/),
  ]);
});

test('a month is told although its day was told before', async () => {
  const env = {
    ...OWNER,
    MOBYCLAW_BUDGET_DAY_TOKENS: String(Math.floor(CALL / 0.85)),
    MOBYCLAW_BUDGET_MONTH_TOKENS: String(Math.floor((2 * CALL) / 0.85)),
  };
  const moby = await openHarness({ env });
  await moby.ask('hello'); // 85 % of the day, 42 % of the month
  const second = (await moby.start('hello')).stream; // the day is over, the month at 85 %
  const end = (await second.all()).at(-1);
  expect(end?.type).toBe('done');
  await until('three words', async () => (await told(moby)).length === 3);
  const texts = (await told(moby)).map((text) => /for (today|this month)/.exec(text)?.[1]);
  expect(texts.toSorted()).toEqual(['this month', 'today', 'today']);
});

test('one call that crosses all of it is one word, and a restart does not repeat it', async () => {
  const home = temporaryFolder();
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const env = { ...OWNER, MOBYCLAW_BUDGET_DAY_TOKENS: '100' };
  const first = await openHarness({ home, env, agentUrl: agent.url });
  expect(await askUntilTold(first, 1, 1)).toEqual([expect.stringContaining('nothing runs until tomorrow')]);
  await first.close();
  const second = await openHarness({ home, env, agentUrl: agent.url });
  await second.ask('hello');
  expect(await told(second)).toHaveLength(1);
});

test('word that could not be handed over waits for a later try, over a restart, and is sent once', async () => {
  const path = join(temporaryFolder(), 'gateway.db');
  const spent = { usd: 0, tokens: 90, unpriced: [] };
  const state = periodState('day', 0, spent, { usd: null, tokens: 100 });
  const sent: string[] = [];
  let reachable = false;
  let tries = 0;
  const open = (): { store: Store; notices: BudgetNotices } => {
    const store = new Store(path);
    const notify = async (_text: string, key: string): Promise<void> => {
      tries++;
      if (!reachable) throw new Error('nobody is there');
      sent.push(key);
    };
    return { store, notices: new BudgetNotices({ store, notify, clock: systemClock, logger: silentLogger }) };
  };
  const first = open();
  expect([first.notices.tell(state), first.notices.tell(state)]).toEqual([true, false]);
  await until('a try', () => tries === 1);
  first.store.close();
  reachable = true;
  const second = open();
  onTestFinished(() => second.store.close());
  expect(second.notices.tell(state)).toBe(false);
  second.notices.send();
  await until('the word', () => second.store.usage.waitingNotices().length === 0);
  second.notices.send();
  expect(sent).toEqual(['budget:day:0:90']);
});

test('word that could not be handed over is tried again in the same process, one failure holding up no other', async () => {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const sent: string[] = [];
  const refused = new Set(['budget:day:0:90']);
  let tries = 0;
  const notify = async (_text: string, key: string): Promise<void> => {
    tries++;
    if (refused.has(key)) throw new Error('nobody is there');
    sent.push(key);
  };
  const notices = new BudgetNotices({ store, notify, clock: systemClock, logger: silentLogger });
  const spent = { usd: 0, tokens: 90, unpriced: [] };
  notices.tell(periodState('day', 0, spent, { usd: null, tokens: 100 }));
  await until('the first try', () => tries === 1);
  notices.tell(periodState('month', 0, spent, { usd: null, tokens: 100 }));
  await until('the other word', () => sent.length === 1);
  expect([sent, tries]).toEqual([['budget:month:0:90'], 3]);
  refused.clear();
  await until('the end of that', async () => {
    notices.send();
    return store.usage.waitingNotices().length === 0;
  });
  expect(sent).toEqual(['budget:month:0:90', 'budget:day:0:90']);
  notices.send();
  expect(tries).toBe(4); // what was told is told no more
});

test('a model without a price is told as that, not as a cap that was reached', async () => {
  const moby = await openHarness({
    env: { ...OWNER, MOBYCLAW_BUDGET_DAY_USD: '5', MOBYCLAW_BUDGET_MONTH_USD: '50' },
  });
  expect(await askUntilTold(moby, 1, 1)).toEqual([
    expect.stringMatching(/^Budget: fake\/fake-1 has no price/),
  ]);
});

test('a model without a price is told again in the next period, once in each', () => {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const notify = async (): Promise<void> => undefined;
  const notices = new BudgetNotices({ store, notify, clock: systemClock, logger: silentLogger });
  const spent = { usd: 0, tokens: 90, unpriced: ['fake-1'] };
  const dayFrom = (start: number) => periodState('day', start, spent, { usd: 5, tokens: null });
  const DAY = 86_400_000;
  expect([0, 0, DAY, DAY].map((start) => notices.tell(dayFrom(start)))).toEqual([true, false, true, false]);
});

test('a month that refuses is told although its day is open', async () => {
  const moby = await openHarness({
    env: { MOBYCLAW_BUDGET_DAY_TOKENS: '100000', MOBYCLAW_BUDGET_MONTH_TOKENS: '140' },
  });
  const budget = async () => (await moby.call('GET', '/api/status')).body.budget;
  await moby.ask('hello');
  const why = { why: expect.stringContaining('this month') };
  expect(await budget()).toMatchObject({ refuses: 'unasked', ...why });
  await moby.ask('hello');
  expect(await budget()).toMatchObject({ refuses: 'everything', ...why });
  expect((await moby.ask('hello')).status).toBe(429);
});

test('what refuses everything is told before what refuses a part', async () => {
  const moby = await openHarness({
    env: { MOBYCLAW_BUDGET_DAY_TOKENS: '140', MOBYCLAW_BUDGET_MONTH_TOKENS: '100' },
  });
  await moby.ask('hello');
  expect((await moby.call('GET', '/api/status')).body.budget).toMatchObject({
    refuses: 'everything',
    why: expect.stringContaining('this month'),
  });
});

test('the report says what is refused and why, and no more once the cap was lifted', async () => {
  const moby = await openHarness({ env: { MOBYCLAW_BUDGET_DAY_TOKENS: '140' } });
  const budget = async () => (await moby.call('GET', '/api/status')).body.budget;
  expect(await budget()).toMatchObject({ refuses: 'nothing', day: { share: 0 } });
  await moby.ask('hello');
  expect(await budget()).toMatchObject({
    refuses: 'unasked',
    why: expect.stringContaining('waits until tomorrow'),
  });
  await moby.ask('hello');
  expect(await budget()).toMatchObject({
    refuses: 'everything',
    why: expect.stringContaining('nothing runs'),
  });
  await moby.call('POST', '/api/usage/lift');
  expect(await budget()).toMatchObject({ refuses: 'nothing', lifted: true });
});
