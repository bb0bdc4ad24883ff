/** Schedules end to end: a real gateway with the real Telegram adapter, in front of a fake platform and a fake agent. */
import { join } from 'node:path';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { Store } from '../store/store.ts';
import { ALICE, openTelegramWorld } from '../testing/telegram-world.ts';

test('a reminder and the answer of a prompt arrive in the owner’s chat, each once, through restarts', async () => {
  const world = await openTelegramWorld();
  const chat = `telegram:dm:${ALICE.id}`;
  world.say('tokens=1 hello');
  await world.reply((text) => text.includes('hello'));
  const make = async (body: Record<string, unknown>): Promise<string> => {
    const { body: job } = await world.gateway.call('POST', '/api/jobs', {
      body: { every: '1s', count: 1, ...body },
    });
    return job.id;
  };
  const jobs = [
    await make({ name: 'named', message: 'Call the bank.', channel: chat }),
    await make({ name: 'where the owner is', message: 'Take the pill.' }),
    await make({ name: 'asked', prompt: 'tokens=1 scheduled question' }),
  ];
  await world.restart();
  for (const job of jobs) {
    await until('the run to end', async () => {
      const { body } = await world.gateway.call('GET', `/api/jobs/${job}/runs`);
      return body.items[0]?.outcome === 'succeeded';
    });
  }
  await world.reply((text) => text.includes('scheduled question'));
  await world.reply((text) => text.includes('Take the pill.'));
  await world.restart();
  await world.reply((text) => text.includes('Call the bank.'));
  for (const words of ['Call the bank.', 'Take the pill.', 'scheduled question']) {
    expect(world.texts().filter((text) => text.includes(words))).toHaveLength(1);
  }
});

test('a chat that nobody let in is refused at once, and the record says so', async () => {
  const world = await openTelegramWorld();
  const { body: job } = await world.gateway.call('POST', '/api/jobs', {
    body: { name: 'stranger', every: '1s', count: 1, message: 'x', channel: 'telegram:dm:666' },
  });
  const run = await until('the run to end', async () => {
    const { body } = await world.gateway.call('GET', `/api/jobs/${job.id}/runs`);
    return body.items[0]?.state === 'ended' && body.items[0];
  });
  expect(run).toMatchObject({
    outcome: 'undelivered',
    delivery: { state: 'failed', error: expect.stringMatching(/nobody whom Moby may/) },
  });
  expect(world.texts(666)).toEqual([]);
});

test('cut off after the delivery and before its record, the run is taken up and nothing is sent twice', async () => {
  const world = await openTelegramWorld();
  world.say('tokens=1 hello');
  await world.reply((text) => text.includes('hello'));
  const { body: job } = await world.gateway.call('POST', '/api/jobs', {
    body: {
      name: 'bank',
      every: '1s',
      count: 1,
      message: 'Call the bank.',
      channel: `telegram:dm:${ALICE.id}`,
    },
  });
  await world.reply((text) => text === 'Call the bank.');
  await world.gateway.close();
  const store = new Store(join(world.gateway.home, 'gateway/gateway.db'));
  const [run] = store.jobRuns.history(job.id, 1);
  store.jobRuns.update(run?.id ?? '', {
    state: 'running',
    outcome: null,
    delivery: 'none',
    finishedAt: null,
  });
  store.close();
  const gateway = await world.restart();
  await until('the run to end again', async () => {
    const { body } = await gateway.call('GET', `/api/jobs/${job.id}/runs`);
    return body.items[0]?.outcome === 'succeeded';
  });
  world.say('tokens=1 still there?');
  await world.reply((text) => text.includes('still there?'));
  expect(world.texts().filter((text) => text === 'Call the bank.')).toHaveLength(1);
});
