/** SIGKILL of the gateway, and of the agent, at each step of a question: nothing is lost, nothing counts twice. */
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { allQuestions, answer, asked, gatewayProcess } from '../testing/question-world.ts';

async function agentOf(options: Parameters<typeof startFakeAgent>[0] = {}) {
  const agent = await startFakeAgent(options);
  onTestFinished(() => agent.close());
  return agent;
}

test('asked, not answered: it is the same question after each kill, however many, and its answer counts', async () => {
  const agent = await agentOf();
  const { moby, killAndStart } = await gatewayProcess(agent);
  const { turn } = await moby.start('confirm tool=send_mail report');
  const question = await asked(moby);
  for (let kill = 1; kill <= 4; kill++) {
    await killAndStart();
    await until('the turn to ask again', () => agent.stats().runs.length === kill + 1);
    expect(await allQuestions(moby)).toMatchObject([{ id: question.id, state: 'open' }]);
  }
  await until('the run to wait', () => agent.stats().running === 1);
  expect((await answer(moby, question, { option: 'once' })).status).toBe(200);
  const events = await moby.follow(turn).all();
  expect(events.at(-1)).toMatchObject({
    type: 'done',
    data: { text: expect.stringContaining('It said: send_mail done') },
  });
  // Each attempt tells of it, since a kill may keep what was told before from the disk.
  const told = events.flatMap((event) => (event.type === 'question' ? [event.data.state] : []));
  expect(told).toEqual(['open', 'open', 'open', 'open', 'open', 'answered']);
  expect(agent.stats().executions).toHaveLength(1);
  // The tool never ran before, so the model is not told that it may have.
  expect(agent.stats().runs.at(-1)?.prompt).not.toContain('may already have run');
  expect(await allQuestions(moby)).toHaveLength(1);
});

test('answered, not told: the answer counts when the turn wants the same again, and only once', async () => {
  const first = await agentOf();
  const port = Number(new URL(first.url).port);
  const { moby, killAndStart } = await gatewayProcess(first);
  const { turn } = await moby.start('confirm insist tool=send_mail tool=send_mail');
  const question = await asked(moby);
  await first.close();
  await answer(moby, question, { option: 'once' });
  await killAndStart();
  const agent = await agentOf({ port });
  // The second call of the same is another call, which the answer does not cover.
  const second = await asked(moby);
  expect(second.id).not.toBe(question.id);
  expect(second.text).toContain('allowed in this answer already');
  expect(agent.stats().executions).toHaveLength(1);
  await answer(moby, second, { option: 'no' });
  expect((await moby.follow(turn).all()).at(-1)?.type).toBe('done');
  expect(agent.stats().executions).toHaveLength(1);
});

test('told, and the tool may have run: another question, which says so', async () => {
  const agent = await agentOf();
  const { moby, killAndStart } = await gatewayProcess(agent);
  const { turn } = await moby.start('confirm insist tool=send_mail tool-ms=60000');
  const question = await asked(moby);
  await answer(moby, question, { option: 'turn' });
  await until('the tool to run', () => agent.stats().executions.length === 1);
  await killAndStart();
  const second = await asked(moby);
  expect(second.id).not.toBe(question.id);
  expect(second.text).toContain('This may have run already');
  await answer(moby, second, { option: 'no', reason: 'it was sent' });
  expect((await moby.follow(turn).all()).at(-1)?.type).toBe('done');
  expect(agent.stats().executions).toHaveLength(1);
});

test('a no that was told stays a no', async () => {
  const agent = await agentOf();
  const { moby, killAndStart } = await gatewayProcess(agent);
  const { turn, stream } = await moby.start('confirm insist tool=send_mail tokens=400 interval=10ms times=1');
  await answer(moby, await asked(moby), { option: 'no' });
  await stream.until(({ type }) => type === 'token');
  await killAndStart();
  await until('a second run', () => agent.stats().runs.length === 2);
  await until('it to be told', () => agent.answers().length === 2);
  await moby.call('POST', `/api/turns/${turn}/cancel`);
  expect(await allQuestions(moby)).toHaveLength(1);
  expect(agent.stats().executions).toEqual([]);
});

test('the agent killed while he waits: the same question, and one call', async () => {
  const first = await agentOf();
  const port = Number(new URL(first.url).port);
  const { moby } = await gatewayProcess(first);
  const { turn } = await moby.start('confirm tool=send_mail');
  const question = await asked(moby);
  await first.close();
  const agent = await agentOf({ port });
  await until('the turn to ask again', () => agent.stats().running === 1);
  await answer(moby, question, { option: 'once' });
  expect((await moby.follow(turn).all()).at(-1)?.type).toBe('done');
  expect(agent.stats().executions).toHaveLength(1);
  expect(await allQuestions(moby)).toHaveLength(1);
});

test('the turn wants something else after a kill: the old question is closed, and a late press is told so', async () => {
  const agent = await agentOf({
    script: ({ seen }) => [
      { do: 'tools', calls: [{ name: seen === 0 ? 'send_mail' : 'send_letter', confirm: true }] },
      { do: 'text', text: 'done' },
    ],
  });
  const { moby, killAndStart } = await gatewayProcess(agent);
  const { turn } = await moby.start('write to her');
  const mail = await asked(moby);
  await killAndStart();
  const letter = await asked(moby, mail);
  const late = await answer(moby, mail, { option: 'once' });
  expect(late).toMatchObject({ status: 409, body: { detail: expect.stringContaining('No longer needed.') } });
  await answer(moby, letter, { option: 'once' });
  expect((await moby.follow(turn).all()).at(-1)?.type).toBe('done');
  expect(agent.stats().executions.map(({ tool }) => tool)).toEqual(['send_letter']);
});
