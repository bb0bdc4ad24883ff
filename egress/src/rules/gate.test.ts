import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import type { AskAnswer, DoorAsk, RunningTurn } from '@mobyclaw/protocol/egress';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { RunningTurns } from '../turns/running-turns.ts';
import { Gate } from './gate.ts';
import { RulesFile } from './rules-file.ts';

const running = (turn: string, more: Partial<RunningTurn> = {}): RunningTurn => ({
  turn,
  session: `cli:${turn}`,
  kind: 'owner',
  attended: true,
  capability: '',
  pass: createHash('sha256').update(`pass of ${turn}`).digest('hex'),
  ...more,
});

function gate(yaml: string | null, running_: RunningTurn[] = [running('a')]) {
  const folder = temporaryFolder();
  const path = join(folder, 'egress.yaml');
  const write = (text: string): void => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  if (yaml !== null) write(yaml);
  const clock = new ManualClock();
  const turns = new RunningTurns();
  turns.replace(running_);
  const asks: DoorAsk[] = [];
  const world = { isHeard: true };
  const rules = new RulesFile(path, silentLogger);
  const made = new Gate({
    rules,
    turns,
    registries: () => [{ host: 'registry.npmjs.org', ports: [443], methods: ['GET'] }],
    ask: (ask) => world.isHeard && asks.push(ask) > 0,
    clock,
  });
  const never = new AbortController().signal;
  const want = (host: string, port = 443, turn: string | null = null, gone = never) =>
    made.decide({ host, port, pass: turn === null ? null : `pass of ${turn}` }, gone);
  const answer = (ask: number, verdict: AskAnswer['verdict'], unasked?: true) =>
    made.answer(asks[ask]?.id ?? '', { verdict, ...(unasked ? { unasked } : {}) });
  return { path, write, clock, turns, asks, world, rules, gate: made, want, answer };
}

/** Lets what was begun reach the place where it waits. */
const begun = () => new Promise<void>((resolve) => setImmediate(resolve));

test('what a rule says needs nobody, and an edit counts for the very next connection', async () => {
  const { want, write, asks } = gate('allow: [a.com]\ndeny: [b.com]\npackages: on\n');
  expect(await want('a.com')).toEqual({
    allowed: true,
    isPrivate: false,
    limits: null,
    reason: 'rule',
    turn: 'a',
  });
  expect(await want('b.com')).toMatchObject({ allowed: false, reason: 'denied', isAsked: false });
  const registry = await want('registry.npmjs.org');
  if (!registry.allowed) throw new Error(registry.message);
  const request = { path: '/left-pad', hasBody: false, isUpgrade: false };
  expect(registry.limits?.({ ...request, method: 'GET' })).toBeNull();
  expect(registry.limits?.({ ...request, method: 'PUT' })).toMatch(
    /^registry\.npmjs\.org is allowed in part: only GET.*egress allow/,
  );
  write('mode: model\nallow: [a.com]\n');
  expect(await want('a.com')).toMatchObject({ allowed: false, reason: 'model' });
  write('mode: open\n');
  expect(await want('z.com', 22)).toMatchObject({ allowed: true, reason: 'open' });
  expect(asks).toEqual([]);
});

test('where nobody says that somebody is likely to answer, it is refused within 200 ms, and asked once', async () => {
  const { want, clock, asks } = gate('');
  const first = want('a.com');
  const second = await want('a.com'); // nobody has said yet that it is held
  expect(second).toMatchObject({ allowed: false, reason: 'asked', isAsked: true });
  await begun();
  await clock.advance(199);
  await clock.advance(1);
  expect(await first).toMatchObject({
    reason: 'asked',
    message: /^a\.com is not allowed yet\. .* try again .*egress allow a\.com/,
  });
  expect(await want('a.com')).toMatchObject({ reason: 'asked' });
  expect(asks).toEqual([{ id: expect.any(String), host: 'a.com', port: 443, turn: 'a' }]);
  expect(clock.waiting).toBe(0);
});

test('held until the owner answers: once lets one through, the others are told', async () => {
  const { want, answer, asks, gate: made } = gate('');
  const first = want('a.com');
  await begun();
  expect(answer(0, 'hold')).toBe(true);
  const second = want('a.com');
  await begun();
  expect(made.held).toBe(2);
  answer(0, 'once');
  expect(await first).toMatchObject({ allowed: true, reason: 'once', limits: null, isPrivate: false });
  expect(await second).toMatchObject({ allowed: false });
  expect(made.held).toBe(0);
  void want('a.com');
  await begun();
  expect(asks).toHaveLength(2); // it is used up
});

test('held for 20 s at most, counted from the first; an answer that comes later counts at once', async () => {
  const { want, answer, clock, asks } = gate('');
  const first = want('a.com');
  await begun();
  answer(0, 'hold');
  await clock.advance(19_000);
  const second = want('a.com');
  await begun();
  await clock.advance(1_000);
  expect(await first).toMatchObject({ reason: 'not-answered', isAsked: true });
  expect(await second).toMatchObject({ reason: 'not-answered' });
  expect(await want('a.com')).toMatchObject({ reason: 'asked' });
  answer(0, 'once');
  expect(await want('a.com')).toMatchObject({ allowed: true, reason: 'once' });
  expect(asks).toHaveLength(1);
});

test.each(['answer', 'always'] as const)('%s holds for the turn, and for no other', async (verdict) => {
  const { want, answer, turns, gate: made, asks } = gate('', [running('a'), running('b')]);
  const first = want('a.com', 443, 'a');
  await begun();
  answer(0, 'hold');
  answer(0, verdict);
  expect(await first).toMatchObject({ allowed: true, reason: 'answer', turn: 'a' });
  expect(await want('a.com', 443, 'a')).toMatchObject({ allowed: true });
  expect(await want('a.com', 8443, 'a', AbortSignal.abort())).toMatchObject({ allowed: false });
  void want('a.com', 443, 'b');
  await begun();
  expect(asks.map(({ turn, port }) => [turn, port])).toEqual([
    ['a', 443],
    ['a', 8443],
    ['b', 443],
  ]);
  turns.replace([running('b')]);
  made.turnsChanged();
  turns.replace([running('a'), running('b')]);
  expect(await want('a.com', 443, 'a', AbortSignal.abort())).toMatchObject({ allowed: false });
});

test('a no holds for the turn, and nobody is asked again; too much is told as such', async () => {
  const { want, answer, asks } = gate('');
  const first = want('a.com');
  await begun();
  answer(0, 'no');
  expect(await first).toMatchObject({ allowed: false, reason: 'no', message: /said no/ });
  expect(await want('a.com')).toMatchObject({ reason: 'no' });
  const second = want('b.com');
  await begun();
  answer(1, 'no', true);
  expect(await second).toMatchObject({ reason: 'too-many', isAsked: false });
  expect(asks).toHaveLength(2);
});

test('a flood of hosts is refused here, without a word to the gateway', async () => {
  const { want, asks } = gate('');
  const gone = AbortSignal.abort();
  for (let host = 0; host < 40; host++) await want(`x${host}.com`, 443, null, gone);
  expect(asks).toHaveLength(12);
  expect(await want('y.com')).toMatchObject({ reason: 'too-many' });
});

test('whoever leaves holds nothing', async () => {
  const { want, answer, clock, gate: made } = gate('');
  const leaves = new AbortController();
  const first = want('a.com', 443, null, leaves.signal);
  await begun();
  answer(0, 'hold');
  leaves.abort();
  expect(await first).toMatchObject({ allowed: false });
  expect([made.held, clock.waiting]).toEqual([0, 0]);
});

test('guests and webhooks reach nothing, whatever the rules say, and neither does what may be theirs', async () => {
  for (const kind of ['guest', 'webhook'] as const) {
    const { want, asks } = gate('mode: open\n', [running('a'), running('g', { kind })]);
    expect(await want('a.com', 443, 'g')).toMatchObject({ allowed: false, reason: 'confined', turn: 'g' });
    expect(await want('a.com')).toMatchObject({ allowed: false, reason: 'confined' }); // it names no turn
    expect(await want('a.com', 443, 'a')).toMatchObject({ allowed: true });
    expect(asks).toEqual([]);
  }
});

test('where several turns run and none is named, the question is about all, and the strictest answer holds', async () => {
  const { want, answer, turns, gate: made, asks } = gate('', [running('a'), running('b')]);
  const first = want('a.com');
  await begun();
  expect(asks[0]).toMatchObject({ turn: 'a', turns: ['a', 'b'] });
  answer(0, 'answer');
  expect(await first).toMatchObject({ allowed: true });
  turns.replace([running('a'), running('b', { grants: [{ host: 'a.com', port: 443, verdict: 'no' }] })]);
  made.turnsChanged();
  expect(await want('a.com')).toMatchObject({ allowed: false, reason: 'no' });
  expect(await want('a.com', 443, 'a')).toMatchObject({ allowed: true });
});

test('without a turn that runs, or with a pass of none, nobody is asked; what a rule names passes', async () => {
  const { want, turns, asks } = gate('allow: [a.com]\n');
  expect(await want('b.com', 443, 'made up')).toMatchObject({ allowed: false, reason: 'no-turn' });
  turns.replace([]);
  expect(await want('b.com')).toMatchObject({
    allowed: false,
    reason: 'no-turn',
    message: /egress allow b\.com/,
  });
  expect(await want('a.com')).toMatchObject({ allowed: true });
  expect(asks).toEqual([]);
});

test('while the gateway is away it is refused at once, and asked when it is back', async () => {
  const { want, world, asks } = gate('');
  world.isHeard = false;
  expect(await want('a.com')).toMatchObject({ allowed: false, reason: 'nobody' });
  world.isHeard = true;
  void want('a.com');
  await begun();
  expect(asks).toHaveLength(1);
});

test('an answer that nobody waits for, or to a turn that has ended, does nothing', async () => {
  const { gate: made, turns, want, answer } = gate('');
  expect(made.answer('unknown', { verdict: 'answer' })).toBe(false);
  const first = want('a.com');
  await begun();
  answer(0, 'hold');
  turns.replace([]);
  made.turnsChanged();
  expect(await first).toMatchObject({ allowed: false });
  expect(answer(0, 'answer')).toBe(false);
});

test('fails closed: a published file that is broken at the start lets nothing through, later the last good one stays', async () => {
  const { want, write, rules, path } = gate('alow: []\n');
  expect(await want('a.com')).toMatchObject({ allowed: false, reason: 'model' });
  expect(rules.now.problem).toMatchObject({ line: 1 });
  write('allow: [a.com]\n');
  expect(await want('a.com')).toMatchObject({ allowed: true });
  write('allow: [*]\n');
  expect(await want('a.com')).toMatchObject({ allowed: true });
  rmSync(path);
  expect(await want('a.com')).toMatchObject({ allowed: true });
  mkdirSync(path);
  expect(await want('a.com')).toMatchObject({ allowed: true });
  expect(rules.now.problem?.message).toMatch(/EISDIR/);
});

test('without a file what nobody allowed is asked about', async () => {
  const { want, asks } = gate(null);
  void want('a.com');
  await begun();
  expect(asks).toHaveLength(1);
});
