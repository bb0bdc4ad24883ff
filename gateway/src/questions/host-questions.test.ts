/** A host that the door does not know is a question to the owner, asked once, answered once, over kills of the parts around it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { startFakeEgress } from '@mobyclaw/testkit/fake-egress';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { type Harness, openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';
import { allQuestions, answer, asked, gatewayProcess, openQuestions } from '../testing/question-world.ts';

async function world(env: Record<string, string> = {}) {
  const door = await startFakeEgress();
  onTestFinished(() => door.kill());
  const moby = await openHarness({ env: { ...door.env, ...env } });
  await until('the gateway to follow', door.isFollowed);
  return { door, moby };
}

/** A turn that runs until its agent is told to go on: it waits for a question of its own. */
async function running(moby: Harness, door: Awaited<ReturnType<typeof startFakeEgress>>) {
  const { turn, stream } = await moby.start('ttft=600000 hello');
  await until('the door to know the turn', () => door.turns.at(-1)?.some((one) => one.turn === turn));
  return { turn, stream };
}

const heard = (door: { answers: { ask: string; verdict: string }[] }, ask: string) =>
  door.answers.filter((one) => one.ask === ask).map(({ verdict }) => verdict);

test('it is asked with host, port and what is wanted; the connection is held, and the answer told', async () => {
  const { door, moby } = await world();
  const { turn } = await running(moby, door);
  expect(door.turns.at(-1)).toMatchObject([{ turn, kind: 'owner', attended: true, grants: [] }]);
  const ask = door.ask(turn, 'api.example.com', { port: 8443, method: 'POST', path: '/v1/```things' });
  const question = await asked(moby);
  expect(question).toMatchObject({
    kind: 'host',
    turn,
    title: 'Moby wants to reach api.example.com:8443.',
    fallback: 'no',
    details: { rule: { host: 'api.example.com', ports: [8443] } },
  });
  expect(question.options.map(({ id }) => id)).toEqual(['once', 'turn', 'always', 'no']);
  expect(question.text).toMatch(
    /\*\*api\.example\.com\*\*, port 8443[\s\S]*````\nPOST \/v1\/```things\n````[\s\S]*hello/,
  );
  await until('the hold', () => heard(door, ask).includes('hold'));
  const { body } = await answer(moby, question, { option: 'turn' });
  expect(body.outcome).toMatch(/^api\.example\.com:8443 was allowed for this answer by /);
  await until('the answer', () => heard(door, ask).includes('answer'));
  await until('the grant', () => door.turns.at(-1)?.[0]?.grants?.length === 1);
  expect(door.turns.at(-1)?.[0]?.grants).toEqual([
    { host: 'api.example.com', port: 8443, verdict: 'answer' },
  ]);
  // A door that was killed asks again, and nobody else is.
  const again = door.ask(turn, 'api.example.com', { port: 8443 });
  await until('the same answer', () => heard(door, again).includes('answer'));
  expect(await allQuestions(moby)).toHaveLength(1);
}, 30_000);

test('once is for one connection: the next of the same is another question, which says so', async () => {
  const { door, moby } = await world();
  const { turn } = await running(moby, door);
  const first = door.ask(turn, 'a.com');
  const question = await asked(moby);
  await answer(moby, question, { option: 'once' });
  await until('the answer', () => heard(door, first).includes('once'));
  door.ask(turn, 'a.com');
  expect((await asked(moby, question)).text).toMatch(/^It was let through once in this answer already/);
}, 30_000);

test('a no holds for the turn, and so does silence', async () => {
  const { door, moby } = await world();
  const { turn } = await running(moby, door);
  const first = door.ask(turn, 'a.com');
  await answer(moby, await asked(moby), { option: 'no' });
  await until('the no', () => heard(door, first).includes('no'));
  const again = door.ask(turn, 'a.com');
  await until('the same no', () => heard(door, again).includes('no'));
  expect(await allQuestions(moby)).toHaveLength(1);
}, 30_000);

test('a flood of hosts is refused after ten, and the owner is not asked', async () => {
  const { door, moby } = await world();
  const { turn } = await running(moby, door);
  const asks = Array.from({ length: 14 }, (_, host) => door.ask(turn, `x${host}.com`));
  await until('the last', () => heard(door, asks.at(-1) ?? '').length > 0);
  expect(await openQuestions(moby)).toHaveLength(10);
  expect(door.answers.filter(({ unasked }) => unasked)).toHaveLength(4);
}, 30_000);

test('always stands in egress.yaml once, with its comments kept, whatever is killed', async () => {
  const memory = await startMemoryServer();
  const file = join(memory.home, 'egress.yaml');
  writeFileSync(file, '# mine\nallow: [b.com] # b\n');
  const { door, moby } = await world(memory.env);
  const { turn } = await running(moby, door);
  const ask = door.ask(turn, 'a.com');
  const question = await asked(moby);
  const { body } = await answer(moby, question, { option: 'always' });
  expect(body.outcome).toMatch(/^a\.com was allowed always by /);
  await until('the answer', () => heard(door, ask).includes('always'));
  await until('the rule', () => readFileSync(file, 'utf8') === '# mine\nallow: [b.com, "a.com"] # b\n');
  const inForce = async () => (await moby.call('GET', '/api/egress')).body;
  await until('it to be in force', async () => (await inForce()).rules.allow.length === 2);
  expect(await inForce()).toMatchObject({
    door: 'up',
    rules: { allow: [{ host: 'b.com' }, { host: 'a.com' }] },
    asked: [],
  });
}, 60_000);

test('the door dies while it is asked: the answer counts when the same is asked again, once', async () => {
  const { door, moby } = await world();
  const { turn } = await running(moby, door);
  const first = door.ask(turn, 'a.com');
  const question = await asked(moby);
  await until('the hold', () => heard(door, first).includes('hold'));
  await door.kill();
  await until(
    'the gateway to see it',
    async () => (await moby.call('GET', '/api/egress')).body.door === 'away',
  );
  expect((await answer(moby, question, { option: 'once' })).status).toBe(200);
  await door.start();
  await until('the gateway to follow', door.isFollowed);
  await until('the turns', () => door.turns.at(-1)?.length === 1);
  const second = door.ask(turn, 'a.com');
  await until('the answer', () => heard(door, second).includes('once'));
  door.ask(turn, 'a.com');
  await asked(moby);
  expect(await allQuestions(moby)).toHaveLength(2);
}, 60_000);

test('the gateway dies between the question and its answer, and after it: asked once, answered once', async () => {
  const agent = await startFakeAgent();
  const door = await startFakeEgress();
  onTestFinished(async () => {
    await agent.close();
    await door.kill();
  });
  const { moby, killAndStart } = await gatewayProcess(agent, door.env);
  const { turn } = await moby.start('ttft=600000 hello');
  await until('the door to know the turn', () => door.turns.at(-1)?.some((one) => one.turn === turn));
  const ask = door.ask(turn, 'a.com');
  const question = await asked(moby);
  await killAndStart();
  await until('the gateway to follow', door.isFollowed);
  expect((await allQuestions(moby)).map(({ id, state }) => [id, state])).toEqual([[question.id, 'open']]);
  await answer(moby, question, { option: 'turn' });
  await until('the answer', () => heard(door, ask).includes('answer'));
  await killAndStart();
  await until('the grant', () => door.turns.at(-1)?.[0]?.grants?.[0]?.verdict === 'answer');
  const again = door.ask(turn, 'a.com');
  await until('the same answer', () => heard(door, again).includes('answer'));
  expect(await allQuestions(moby)).toHaveLength(1);
}, 180_000);

test('after its turn only always and no mean something', async () => {
  const { door, moby } = await world();
  const { turn, stream } = await running(moby, door);
  door.ask(turn, 'a.com');
  const question = await asked(moby);
  await moby.call('POST', `/api/turns/${turn}/cancel`);
  await stream.all();
  await until('the door to hear that it ended', () => door.turns.at(-1)?.length === 0);
  expect((await openQuestions(moby)).map(({ id }) => id)).toEqual([question.id]);
  const refused = await answer(moby, question, { option: 'once' });
  expect([refused.status, refused.body.detail]).toEqual([422, expect.stringContaining('only Always and No')]);
  expect((await answer(moby, question, { option: 'no' })).status).toBe(200);
}, 30_000);
