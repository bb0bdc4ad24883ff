import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { ALICE, openTelegramWorld, type TelegramWorld } from '../../testing/telegram-world.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

function prompts(world: TelegramWorld): string[] {
  return world.gateway.agent?.stats().runs.map(({ prompt }) => prompt) ?? [];
}

function alice(more: object) {
  return { chat: ALICE.id, from: ALICE, ...more };
}

test('the same updates again, also after a restart, are not answered again', async () => {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const world = await openTelegramWorld({ agentUrl: agent.url });
  world.say('once');
  world.say('/queue');
  await world.reply((text) => text === 'You said: once');
  await until('both to be confirmed', () => world.telegram.chats.pending.length === 0);
  world.telegram.redeliver();
  await until('both to be confirmed again', () => world.telegram.chats.pending.length === 0);
  await world.restart();
  world.telegram.redeliver();
  world.say('after');
  await world.reply((text) => text === 'You said: after');
  expect(agent.stats().runs).toHaveLength(2);
  expect(world.texts()).toHaveLength(3);
});

test('what was written while Moby was away is answered, and marked as old', async () => {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const world = await openTelegramWorld({ agentUrl: agent.url });
  await world.gateway.close();
  world.telegram.say(alice({ text: 'are you there', agoMs: 3 * 3_600_000 }));
  world.telegram.say(alice({ text: 'hello?' }));
  await world.restart();
  await world.reply((text) => text === 'You said: hello?');
  const [old, recent] = agent.stats().runs;
  expect(old?.prompt).toContain('note: This message is old: it was sent 3 hours before');
  expect(recent?.prompt).not.toContain('is old');
});

test('a message that is changed while it waits is answered as it was changed', async () => {
  const world = await openTelegramWorld();
  const running = world.say('tokens=40 interval=40ms');
  await until('the first to run', () => prompts(world).length === 1);
  const waiting = world.say('what is the capital of Frnace');
  await world.draft((text) => text.includes('One more message is queued'));
  world.telegram.edit(ALICE.id, waiting, ALICE, 'what is the capital of France');
  world.telegram.edit(ALICE.id, running, ALICE, 'too late');
  await world.reply((text) => text === 'You said: what is the capital of France');
  await world.reply((text) => text.includes('change came too late'));
  world.telegram.edit(ALICE.id, running, ALICE, 'too late again');
  world.say('after');
  await world.reply((text) => text === 'You said: after');
  expect(prompts(world)).toHaveLength(3);
  expect(world.texts().filter((text) => text.includes('too late'))).toHaveLength(1);
});

test('messages of one chat are answered in their order', async () => {
  const world = await openTelegramWorld();
  for (let index = 0; index < 8; index++) world.say(`number ${index}`);
  await world.reply((text) => text === 'You said: number 7');
  const answers = world.texts().filter((text) => text.startsWith('You said'));
  expect(answers).toEqual(Array.from({ length: 8 }, (_, index) => `You said: number ${index}`));
});

test('in queue mode collect, a burst gets one answer and no places in the queue', async () => {
  const world = await openTelegramWorld();
  world.say('/queue collect');
  await world.reply((text) => text.includes('answered together'));
  world.say('first tokens=10 interval=50ms');
  await until('the first to run', () => prompts(world).length === 1);
  for (const text of ['a', 'b', 'c']) world.say(text);
  await world.reply((text) => text.includes('a\n\nb\n\nc'));
  expect(prompts(world)).toHaveLength(2);
  expect(world.texts().filter((text) => text.includes('Queued'))).toEqual([]);
});

test('a photo and a text file come in as attachments', async () => {
  const world = await openTelegramWorld();
  world.telegram.say(alice({ text: 'look', photo: PNG }));
  await world.reply((text) => text.startsWith('You said: look'));
  const bytes = Buffer.from('print("hi")\n');
  world.telegram.say(alice({ text: 'and this', document: { name: 'hi.py', mime: 'text/x-python', bytes } }));
  await world.reply((text) => text.includes('and this'));
  expect(prompts(world)[1]).toContain('print("hi")');
  const database = new DatabaseSync(join(world.gateway.home, 'gateway/gateway.db'), { readOnly: true });
  const [row] = database.prepare('SELECT attachments FROM turns ORDER BY seq').all();
  database.close();
  expect(JSON.parse(String(row?.attachments))).toEqual([
    { name: 'photo.jpg', mime: 'image/png', data: PNG.toString('base64') },
  ]);
});

test('pictures that are sent together are one message', async () => {
  const world = await openTelegramWorld();
  for (const text of ['three pictures', undefined, undefined]) {
    world.telegram.say(alice({ ...(text ? { text } : {}), photo: PNG, album: 'a1' }));
  }
  await world.reply((text) => text.startsWith('You said: three pictures'));
  await until('all to be worked on', () => world.telegram.chats.pending.length === 0);
  expect(prompts(world)).toHaveLength(1);
});

test('a file that cannot be read is refused politely, and the words beside it are answered', async () => {
  const world = await openTelegramWorld();
  const document = {
    name: 'report.docx',
    mime: 'application/msword',
    bytes: Buffer.from([0x50, 0x4b, 0, 1]),
  };
  world.telegram.say(alice({ document }));
  await world.reply((text) => text.includes('Save it as PDF'));
  expect(prompts(world)).toEqual([]);
  world.telegram.say(alice({ text: 'sum it up', document }));
  await world.reply((text) => text.startsWith('You said: sum it up'));
  expect(prompts(world)[0]).toContain('note: Some of its files could not be read');
});

test('a file that Telegram cannot give at first is fetched again', async () => {
  const world = await openTelegramWorld();
  world.telegram.faults.plan('file', { how: 'status', status: 502 });
  world.telegram.say(alice({ text: 'look', photo: PNG }));
  await world.reply((text) => text.startsWith('You said: look'));
});

test('a command does not wait for a file that is slow to come', async () => {
  const world = await openTelegramWorld();
  world.telegram.faults.plan('getFile', { how: 'hang' });
  world.telegram.say(alice({ text: 'look', photo: PNG }));
  world.say('/queue');
  await world.reply((text) => text.includes('Queue mode'));
  expect(prompts(world)).toEqual([]);
  await world.reply((text) => text.startsWith('You said: look'));
});

test('a voice message is refused politely where nothing can hear it', async () => {
  const world = await openTelegramWorld();
  world.telegram.say(alice({ voice: Buffer.from('ogg') }));
  await world.reply((text) => text.includes('MOBYCLAW_TRANSCRIBE_URL'));
  expect(prompts(world)).toEqual([]);
});

test('a voice message is transcribed where an endpoint is given', async () => {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      heard.push(`${request.url} ${request.headers.authorization} ${Buffer.concat(chunks).toString()}`);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"text":" buy some milk "}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const env = {
    MOBYCLAW_TRANSCRIBE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    MOBYCLAW_TRANSCRIBE_KEY: 'k',
  };
  const world = await openTelegramWorld({ env });
  world.telegram.say(alice({ voice: Buffer.from('ogg-bytes') }));
  await world.reply((text) => text === 'You said: buy some milk');
  expect(heard[0]).toContain('/v1/audio/transcriptions Bearer k');
  expect(heard[0]).toContain('ogg-bytes');
  expect(prompts(world)[0]).toContain('note: It was spoken and transcribed');
});

test('a queue that is full refuses with a word', async () => {
  const world = await openTelegramWorld({ env: { MOBYCLAW_QUEUE_LIMIT: '2' } });
  world.say('tokens=50 interval=50ms');
  await until('the first to run', () => prompts(world).length === 1);
  for (const text of ['a', 'b', 'c']) world.say(text);
  await world.reply((text) => text.includes('already waiting'));
  world.say('/stop');
  await world.reply((text) => text.includes('2 waiting messages cancelled'));
});
