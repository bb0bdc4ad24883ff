import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { ALICE, BOB, GROUP, openTelegramWorld, type TelegramWorld } from '../testing/telegram-world.ts';

/** A memory server that knows one thing. */
async function startMemory(text: string): Promise<string> {
  const answer = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text }] } });
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function said(world: TelegramWorld, text: string, answer: string, chat = ALICE.id): Promise<string> {
  world.telegram.say({ chat, from: ALICE, text });
  return world.reply((one) => one.includes(answer), chat);
}

function prompts(world: TelegramWorld): string {
  return (world.gateway.agent?.stats().runs ?? []).map(({ prompt }) => prompt).join();
}

test('/allow all hears everything in a group, /allow off nothing any more', async () => {
  const world = await openTelegramWorld();

  await said(world, '/allow all', 'I answer everything that is written here', GROUP);
  world.telegram.say({ chat: GROUP, from: BOB, text: 'to nobody' });
  await world.reply((text) => text === 'You said: to nobody', GROUP);
  await said(world, '/pairings', `telegram:group:${GROUP}, everything`);
  await said(world, '/allow off', 'I leave this group alone', GROUP);
  world.telegram.say({ chat: GROUP, from: BOB, text: 'are you there' });
  await said(world, 'done', 'You said: done');
  expect(prompts(world)).not.toContain('are you there');
  await said(world, '/allow', 'in the group that it is for');
});

test('/pairings shows who waits and who is in, /revoke shuts out, and each says what it did', async () => {
  const world = await openTelegramWorld();
  await said(world, 'hello', 'You said: hello');
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'may I' });
  const [, code = ''] = /code is (\w{8})/.exec(await world.reply((text) => text.includes('wants to'))) ?? [];
  await said(world, '/pairings', `Bob (telegram:${BOB.id}); /approve ${code} or /reject ${code}`);
  await said(world, '/approve', 'Which code?');
  await said(world, `/approve ${code} king`, 'Write /approve CODE, or');
  await said(world, `/approve ${code}`, 'may talk to me now, as guest');
  await said(world, '/pairings', `Bob (telegram:${BOB.id}), guest`);
  await said(world, '/revoke', 'Whom?');
  await said(world, '/revoke telegram:1', 'There is nobody called telegram:1');
  await said(world, `/revoke telegram:${BOB.id}`, 'may not talk to me any more');
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'and now' });
  await said(world, 'done', 'You said: done');
  expect(prompts(world)).not.toContain('and now');
});

test('/usage tells tokens and cost of the last day and month', async () => {
  const world = await openTelegramWorld();
  await said(world, 'hello', 'You said: hello');
  const usage = await said(world, '/usage', 'Last 24 hours');
  expect(usage).toMatch(/Last 24 hours: 1 turns?, \d+ tokens in, \d+ out/);
  expect(usage).toContain('Last 30 days: 1 turn');
});

test('/memory shows what Moby knows, in direct messages alone, and cuts what is too long', async () => {
  const url = await startMemory(`# About\n- Alice likes ${'tea '.repeat(2000)}`);
  const world = await openTelegramWorld({
    env: { MOBYCLAW_MEMORY_URL: url, MOBYCLAW_MEMORY_TOKEN: 'x'.repeat(32) },
  });
  await said(world, '/memory', 'Alice likes tea');
  await world.reply((text) => text.includes('more in MEMORY.md'));
  await said(world, '/allow', 'I answer here', GROUP);
  await said(world, '/memory', 'in our direct messages only', GROUP);
});

test('/queue interrupt: the next message stops what runs; a mode that there is not is refused', async () => {
  const world = await openTelegramWorld();
  await said(world, '/queue fast', 'There is no queue mode "fast"');
  await said(world, '/queue interrupt', 'a new message stops what I do');
  world.say('long tokens=2000 interval=20ms');
  await until('the run', () => prompts(world).includes('long'));
  await said(world, 'short', 'You said: short');
  await said(world, '/queue', 'Queue mode is interrupt; 0 waiting');
  expect(world.gateway.agent?.stats().running).toBe(0);
});

test('/model names the model in force, and tells the owner where it is changed', async () => {
  const world = await openTelegramWorld();
  await said(world, '/model', 'learn my model with the first answer');
  await said(world, 'hello', 'You said: hello');
  expect(await said(world, '/model', 'I think with')).toContain('soul.yaml');
});

test('/compact: the conversation goes on in a new agent session that is told the last exchanges', async () => {
  const world = await openTelegramWorld();
  await said(world, '/compact', 'nothing to make shorter');
  await said(world, 'my name is Alice', 'You said: my name is Alice');
  await said(world, '/compact the name', 'I am making our conversation shorter');
  await until('it is shorter', async () =>
    (await world.gateway.call('GET', '/metrics')).body.includes('mobyclaw_compactions_total{why="asked"} 1'),
  );
  await said(world, 'who am I', 'You said: who am I');
  const runs = world.gateway.agent?.stats().runs ?? [];
  expect(new Set(runs.map(({ session }) => session)).size).toBe(2);
  expect(runs.at(-1)?.prompt).toContain('my name is Alice');
  expect(runs.at(-2)?.prompt).toContain('> the name');
});

test('/cron lists the schedules, pauses, resumes and runs one by what is shown of its id, or by name', async () => {
  const world = await openTelegramWorld();
  await said(world, '/cron', 'Nothing is scheduled');
  const job = {
    name: 'Tea [x](y)',
    cron: '0 16 * * *',
    message: 'Tea time',
    channel: `telegram:dm:${ALICE.id}`,
  };
  const { body } = await world.gateway.call('POST', '/api/jobs', { body: job });
  const id = body.id.slice(-6);
  await said(world, '/cron', `${id} Tea [x](y): 0 16 * * *, next `);
  await said(world, '/cron pause nothing', 'There is no schedule nothing');
  await said(world, '/cron stop', 'Write /cron for the list');
  await said(world, `/cron pause ${id}`, 'is paused');
  expect((await world.gateway.call('GET', `/api/jobs/${body.id}`)).body.state).toBe('paused');
  await said(world, '/cron', `${id} Tea [x](y): 0 16 * * *, paused`);
  await said(world, '/cron resume tea [x](y)', 'goes on, next 20');
  await said(world, `/cron run ${id}`, 'runs now');
  await world.reply((text) => text === 'Tea time');
});

test('/forget shows what is there, and removes it only after /forget yes', async () => {
  const world = await openTelegramWorld();
  await said(world, 'my blue bicycle', 'You said: my blue bicycle');
  await said(world, 'the weather', 'You said: the weather');
  await said(world, '/forget yes', 'What?');
  await said(world, '/forget ab', 'three letters or more');
  await said(world, '/forget green car', 'found nothing');
  await said(world, '/forget blue bicycle', '/forget yes removes it');
  const history = async (): Promise<string> =>
    JSON.stringify((await world.gateway.call('GET', `/api/sessions/telegram:dm:${ALICE.id}/messages`)).body);
  expect(await history()).toContain('blue bicycle');
  const told = await said(world, '/forget yes', 'It is forgotten.');
  expect(told).toContain('./mobyclaw forget with the same words');
  expect(await history()).not.toContain('blue bicycle');
  expect(await history()).toContain('the weather');
  await said(world, '/allow', 'answer', GROUP);
  world.telegram.say({ chat: GROUP, from: ALICE, text: '/forget blue bicycle' });
  await world.reply((text) => text.includes('direct messages only'), GROUP);
});
