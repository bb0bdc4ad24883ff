/** Moby proposes to forget, the owner decides, and what was decided happens although something was away or killed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test, vi } from 'vitest';
import { forgetTools } from '../mcp/forget-tools.ts';
import { ActingAgent } from '../testing/acting-agent.ts';
import { type Harness, openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';

vi.setConfig({ testTimeout: 120_000 }); // real processes on a busy machine

async function world() {
  const memory = await startMemoryServer();
  const agent = new ActingAgent();
  agent.memory = memory.url;
  const moby = await openHarness({ home: memory.home, env: memory.env, agent: { script: agent.script } });
  agent.port = moby.port;
  return { memory, agent, moby };
}

const entries = (home: string): { state: string }[] => {
  try {
    return JSON.parse(readFileSync(join(home, 'gateway/forgotten.json'), 'utf8')).forgotten;
  } catch {
    return []; // nothing was ever forgotten
  }
};
const isForgotten = (home: string) => () =>
  entries(home).length === 1 && entries(home).every(({ state }) => state === 'done');
const history = async (moby: Harness): Promise<string> =>
  JSON.stringify((await moby.call('GET', '/api/sessions/cli:main/messages')).body);

/** @returns the question that the tool has asked */
async function proposed({ agent, moby }: Awaited<ReturnType<typeof world>>) {
  await moby.ask('the blue bicycle', { session: 'cli:main' });
  const answered = agent.onMessage('forget it', 'forget_propose', { phrase: 'Blue Bicycle' });
  await moby.ask('forget it', { session: 'cli:main' });
  const answer = await answered;
  const [question] = (await moby.call('GET', '/api/questions')).body.items;
  return { answer, question };
}

test('the tool shows what there is and asks the owner; on yes it is forgotten, and the question too', async () => {
  const all = await world();
  const { moby, memory } = all;
  const { answer, question } = await proposed(all);
  expect(answer).toMatchObject({
    isError: false,
    text: expect.stringMatching(/The owner is asked[\s\S]*messages/),
  });
  expect(question).toMatchObject({ kind: 'forget', fallback: 'keep', state: 'open' });
  expect(question.text).toContain('Blue Bicycle');
  expect(question.text).toMatch(/- \d+ messages/);
  expect(entries(memory.home)).toEqual([]);
  await moby.call('POST', `/api/questions/${question.id}/answer`, { body: { option: 'forget' } });
  await until('it is forgotten', isForgotten(memory.home), 60_000);
  expect(await history(moby)).not.toMatch(/blue bicycle/i);
  const after = (await moby.call('GET', `/api/questions/${question.id}`)).body;
  expect(JSON.stringify(after)).not.toMatch(/blue bicycle/i);
});

test('on no all stays; the same is asked once; what is not there is not asked about', async () => {
  const all = await world();
  const { agent, moby, memory } = all;
  const { question } = await proposed(all);
  const again = agent.onMessage('once more', 'forget_propose', { phrase: 'Blue Bicycle' });
  await moby.ask('once more', { session: 'cli:main' });
  expect((await again).text).toContain('asked about this already');
  const none = agent.onMessage('and that', 'forget_propose', { conversation: 'cli:nowhere' });
  await moby.ask('and that', { session: 'cli:main' });
  expect((await none).text).toContain('Nothing of that was found');
  const both = agent.onMessage('and both', 'forget_propose', { phrase: 'a word', person: 'telegram:7' });
  await moby.ask('and both', { session: 'cli:main' });
  expect(await both).toMatchObject({ isError: true, text: expect.stringContaining('name exactly one') });
  expect((await moby.call('GET', '/api/questions')).body.items).toHaveLength(1);
  await moby.call('POST', `/api/questions/${question.id}/answer`, { body: { option: 'keep' } });
  await moby.ask('hello', { session: 'cli:main' });
  expect(entries(memory.home)).toEqual([]);
  expect(await history(moby)).toContain('blue bicycle');
});

test.each(['guest', 'webhook'] as const)('a turn of a %s proposes nothing', async (asker) => {
  const proposeForgetting = async (): Promise<string> => expect.unreachable();
  const [tool] = forgetTools({ proposeForgetting });
  const call = tool?.call({ phrase: 'Blue Bicycle' }, { asker, session: 'telegram:dm:7' });
  await expect(call).rejects.toThrow('Only the owner');
});

test('an answer after which the gateway was killed is acted on at the next start', async () => {
  const all = await world();
  const { moby, memory } = all;
  const { question } = await proposed(all);
  await moby.close();
  const db = new DatabaseSync(join(memory.home, 'gateway/gateway.db'));
  const answer = JSON.stringify({ option: 'forget', door: 'cli', by: 'the owner', at: Date.now() });
  db.prepare(`UPDATE questions SET state = 'answered', answer = ?, settled_at = ? WHERE id = ?`).run(
    answer,
    Date.now(),
    question.id,
  );
  db.close();
  const next = await openHarness({ home: memory.home, env: memory.env });
  await until('it is forgotten', isForgotten(memory.home), 60_000);
  expect(await history(next)).not.toContain('blue bicycle');
});

test('what an agent who was away still holds is forgotten once he is back, without a restart', async () => {
  const clock = new ManualClock(Date.now());
  const memory = await startMemoryServer();
  const folder = temporaryFolder();
  const first = await startFakeAgent({ folder });
  const port = Number(new URL(first.url).port);
  const moby = await openHarness({ home: memory.home, env: memory.env, agentUrl: first.url, clock });
  await moby.ask('the blue bicycle', { session: 'cli:main' });
  await first.close();
  const { body } = await moby.call('POST', '/api/forget', { body: { phrase: 'Blue Bicycle' } });
  const view = async () => (await moby.call('GET', `/api/forget/${body.id}`)).body;
  await until('a first try', async () => (await view()).state !== 'due');
  expect(JSON.stringify((await view()).left)).toContain('does not answer');
  expect(entries(memory.home)).toMatchObject([{ state: 'due' }]);
  const back = await startFakeAgent({ folder, port });
  onTestFinished(() => back.close());
  expect(JSON.stringify(back.sessions())).toContain('blue bicycle');
  await until(
    'it is forgotten',
    async () => {
      await clock.advance(10_000);
      return isForgotten(memory.home)();
    },
    60_000,
  );
  expect(JSON.stringify(back.sessions())).not.toContain('blue bicycle');
});
