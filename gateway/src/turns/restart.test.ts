import { StartError } from '@mobyclaw/lib/start-error';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { openHarness, shownText } from '../testing/harness.ts';

async function agentThatOutlivesGateways() {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  return agent;
}

test('a drained gateway leaves what it could not finish to the next one, which answers each message once', async () => {
  const agent = await agentThatOutlivesGateways();
  const first = await openHarness({ agentUrl: agent.url });
  const running = await first.start('tokens=400 interval=10ms');
  const waiting = await first.start('waiting');
  await running.stream.until(({ type }) => type === 'token');
  await first.close(0);
  await until('the run to be cut', () => agent.stats().running === 0);

  const second = await openHarness({ agentUrl: agent.url, home: first.home });
  await second.call('POST', `/api/turns/${running.turn}/cancel`);
  const answer = await second.follow(waiting.turn).all();
  expect(answer.at(-1)).toMatchObject({ type: 'done', data: { text: expect.stringContaining('waiting') } });
});

test('a turn that was cut in plain text runs again on its session, told that it is a repeat; clients show it once', async () => {
  const agent = await agentThatOutlivesGateways();
  const first = await openHarness({ agentUrl: agent.url });
  const { turn, stream } = await first.start('tokens=30 interval=10ms');
  await stream.until(({ type }) => type === 'token');
  await first.close(0);

  const second = await openHarness({ agentUrl: agent.url, home: first.home });
  const resumed = await second.follow(turn, stream.lastId).all();
  const events = [...stream.events, ...resumed];
  expect(events.filter(({ type }) => type === 'done')).toHaveLength(1);
  const done = events.at(-1);
  expect(shownText(events)).toBe(done?.type === 'done' ? done.data.text : null);
  const { runs } = agent.stats();
  expect(runs).toHaveLength(2);
  expect(runs[1]?.session).toBe(runs[0]?.session);
  expect(runs[1]?.prompt).toContain('attempt before was cut off');
});

test('a turn that was cut inside a tool runs again on a new session with a note, and the tool has run once', async () => {
  const agent = await agentThatOutlivesGateways();
  const first = await openHarness({ agentUrl: agent.url });
  const { turn, stream } = await first.start('tool=send_money tool-ms=60000');
  await stream.until((event) => event.type === 'tool' && event.data.phase === 'call');
  await first.close(0);

  const second = await openHarness({ agentUrl: agent.url, home: first.home });
  expect((await second.follow(turn).all()).at(-1)?.type).toBe('done');
  const { runs, executions } = agent.stats();
  expect(runs[1]?.session).not.toBe(runs[0]?.session);
  expect(runs[1]?.prompt).toContain('may already have run: send_money');
  expect(executions.filter(({ tool }) => tool === 'send_money')).toHaveLength(1);
});

test('a message that was accepted before is not accepted again after a restart', async () => {
  const agent = await agentThatOutlivesGateways();
  const first = await openHarness({ agentUrl: agent.url });
  const before = await first.ask('once only', { key: 'same' });
  await first.close();
  const second = await openHarness({ agentUrl: agent.url, home: first.home });
  const after = await second.ask('once only', { key: 'same' });
  expect(after.body.turn).toBe(before.body.turn);
  expect(agent.stats().runs).toHaveLength(1);
});

test('a second gateway on the same data is refused by name, and the first goes on', async () => {
  const first = await openHarness();
  const error = await openHarness({ home: first.home, agentUrl: 'http://127.0.0.1:9' }).catch(
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(StartError);
  expect((error as Error).message).toContain('Another gateway is running');
  expect((await first.ask('still here?')).status).toBe(200);
});

test('a port in use is named, with what to do, and the data folder is free again', async () => {
  const first = await openHarness();
  const env = { MOBYCLAW_PORT: String(first.port) };
  const error = await openHarness({ env }).catch((e: unknown) => e);
  expect((error as Error).message).toMatch(/Port \d+ is in use.*MOBYCLAW_PORT/);
});

test('while it drains it takes nothing in', async () => {
  const moby = await openHarness();
  const { stream } = await moby.start('tokens=40 interval=10ms');
  await stream.until(({ type }) => type === 'token');
  const closed = moby.close(5000);
  const refused = await moby.ask('too late');
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '2']);
  expect((await stream.all()).at(-1)?.type).toBe('done');
  await closed;
});

test('a full disk refuses new messages with a clear word, loses none, and does not hold up the shutdown', async () => {
  const moby = await openHarness({ maxPages: 150 });
  const { body } = await moby.ask('before');
  const statuses: number[] = [];
  for (let count = 0; count < 8; count++) {
    const stream = await moby.start(`${count} ${'y'.repeat(150_000)}`).catch((error: Error) => error.message);
    statuses.push(typeof stream === 'string' && stream.includes('storage-full') ? 507 : 200);
  }
  expect(statuses).toContain(507);
  const refused = await moby.ask('z'.repeat(190_000));
  expect(refused.body).toMatchObject({
    type: '/problems/storage-full',
    detail: expect.stringContaining('Free some space'),
  });
  expect((await moby.call('GET', `/api/turns/${body.turn}`)).body.state).toBe('done');
  await moby.close();
  const again = await openHarness({ home: moby.home });
  const accepted = statuses.filter((status) => status === 200).length;
  await until('what was accepted to be answered', async () => {
    const { items } = (await again.call('GET', '/api/sessions/api:default/messages')).body;
    return items.filter(({ role }: { role: string }) => role === 'assistant').length === accepted + 1;
  });
});
