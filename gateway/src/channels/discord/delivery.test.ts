import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import type { WireMessage } from '@mobyclaw/testkit/fake-discord/wire';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { type DiscordWorld, openDiscordWorld } from '../../testing/discord-world.ts';

const MESSAGES = /^\/channels\/\d+\/messages$/;
const MESSAGE = /^\/channels\/\d+\/messages\/\d+$/;

async function trouble(world: DiscordWorld): Promise<{ state: string; error?: string }[]> {
  return (await world.gateway.call('GET', '/api/channels')).body.trouble;
}

async function streaming(world: DiscordWorld): Promise<void> {
  await until('the first words', () => world.texts().some((text) => text.startsWith('You said:')));
}

test('9,000 characters of Markdown with code, tables and links arrive whole and in order', async () => {
  const section = (index: number) =>
    [
      `## Section ${index}`,
      `Some *emphasis*, **weight** and [a link](https://example.com/${index}) in section ${index}.`,
      `\`\`\`ts\nconst value${index} = '${'x'.repeat(120)}';\nconsole.log(value${index});\n\`\`\``,
      `| name | value |\n| --- | --- |\n| row${index} | cell${index} |`,
    ].join('\n\n');
  const markdown = Array.from({ length: 30 }, (_, index) => section(index)).join('\n\n');
  expect(markdown.length).toBeGreaterThan(9000);
  const world = await openDiscordWorld({ agent: { script: () => [{ do: 'text', text: markdown }] } });
  world.say('everything, please');
  await world.reply((text) => text.includes('cell29'));
  const texts = world.texts();
  for (const text of texts) expect(text.length).toBeLessThanOrEqual(2000);
  const whole = texts.join('\n');
  for (const word of ['Section', 'const value', 'row', 'cell', 'example.com/']) {
    const found = [...whole.matchAll(new RegExp(`${word} ?(\\d+)\\b`, 'g'))].map(([, index]) =>
      Number(index),
    );
    expect([...new Set(found)]).toEqual(Array.from({ length: 30 }, (_, index) => index));
  }
});

test('429 on every edit to the last: the answer is complete in the end, in one message', async () => {
  const world = await openDiscordWorld();
  world.say('tokens=30 interval=60ms');
  await streaming(world);
  world.discord.faults.plan('PATCH', MESSAGE, { kind: 'rate-limit', retryAfter: 0.7 }, 2);
  await world.reply((text) => text.endsWith('word29'));
  expect(world.texts()).toHaveLength(1);
});

test('a limit on the whole bot is waited for, too', async () => {
  const world = await openDiscordWorld();
  world.discord.faults.plan('POST', MESSAGES, { kind: 'rate-limit', retryAfter: 1, global: true });
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
  expect(world.texts()).toHaveLength(1);
});

test('trouble at Discord: the message is sent once it is over, once, and not four times in four milliseconds', async () => {
  const world = await openDiscordWorld();
  world.discord.faults.plan('POST', MESSAGES, { kind: 'status', status: 500 }, 2);
  const began = performance.now();
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
  expect(performance.now() - began).toBeGreaterThan(1000);
  expect(
    world.discord.rest.calls.filter(({ method, path }) => method === 'POST' && MESSAGES.test(path)),
  ).toHaveLength(3);
  expect(world.answers()).toEqual(['You said: hello']);
});

test.each(['hang-after', 'cut-after'] as const)(
  'a message that was shown although the call failed (%s) is shown once, and nobody is in doubt',
  async (kind) => {
    const world = await openDiscordWorld();
    world.discord.faults.plan('POST', MESSAGES, { kind });
    world.say('hello');
    await until('the repetition', () => {
      const posts = world.discord.rest.calls.filter(
        ({ method, path }) => method === 'POST' && MESSAGES.test(path),
      );
      return posts.length === 2;
    });
    world.say('and again');
    await world.reply((text) => text === 'You said: and again');
    expect(world.answers()).toEqual(['You said: hello', 'You said: and again']);
    expect(await trouble(world)).toEqual([]);
  },
);

test.each(['hang-after', 'cut-after'] as const)(
  'the first words were shown although the call failed (%s): the answer goes on in that message',
  async (kind) => {
    const world = await openDiscordWorld();
    world.discord.faults.plan('POST', MESSAGES, { kind });
    world.say('tokens=40 interval=60ms');
    await world.reply((text) => text.endsWith('word39'));
    expect(world.texts()).toHaveLength(1);
    expect(await trouble(world)).toEqual([]);
  },
);

test('an edit that hangs is repeated, and the answer stands in its one message', async () => {
  const world = await openDiscordWorld();
  world.say('tokens=20 interval=60ms');
  await streaming(world);
  world.discord.faults.plan('PATCH', MESSAGE, { kind: 'hang' }, 2);
  await world.reply((text) => text.endsWith('word19'));
  expect(world.texts()).toHaveLength(1);
  expect(await trouble(world)).toEqual([]);
});

test('the bot may not write there: the answer has failed, visibly, and is not tried for ever', async () => {
  const world = await openDiscordWorld();
  world.discord.faults.plan('POST', MESSAGES, { kind: 'status', status: 403, code: 50007 }, 100);
  world.say('hello');
  await until('the failure', async () => (await trouble(world))[0]?.state === 'failed');
  expect((await trouble(world))[0]?.error).toContain('50007');
  const posts = world.discord.rest.calls.filter(
    ({ method, path }) => method === 'POST' && MESSAGES.test(path),
  );
  expect(posts).toHaveLength(1);
});

test('the message that is being written is deleted: the answer comes in a new one', async () => {
  const world = await openDiscordWorld();
  world.say('tokens=25 interval=60ms');
  await streaming(world);
  for (const message of world.discord.shown(world.home)) world.discord.world.remove(message);
  await world.reply((text) => text.endsWith('word24'));
  expect(world.texts()).toHaveLength(1);
});

test('the question was deleted, or cannot be replied to: the answer comes all the same', async () => {
  const world = await openDiscordWorld();
  const gone = world.say('tokens=1 ttft=500ms');
  world.discord.world.remove(gone);
  await world.reply((text) => text.startsWith('You said: tokens'));
  const errors = { message_reference: { _errors: [{ code: 'REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE' }] } };
  world.discord.faults.plan('POST', MESSAGES, { kind: 'status', status: 400, code: 50035, errors });
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
});

test('what the model writes rings at nobody', async () => {
  const world = await openDiscordWorld();
  world.say('hello @everyone');
  await world.reply((text) => text.includes('everyone'));
  const [post] = world.discord.rest.calls.filter(
    ({ method, path }) => method === 'POST' && MESSAGES.test(path),
  );
  expect(post?.body.allowed_mentions).toEqual({ parse: [], replied_user: false });
});

test('files go out with a message, into a direct chat that Discord has to open first', async () => {
  const world = await openDiscordWorld();
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
  const data = Buffer.from('a,b\n1,2\n').toString('base64');
  const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47]).toString('base64');
  const attachments = [
    { name: 'table "1".csv', mime: 'text/csv', data },
    { name: 'dot.png', mime: 'image/png', data: picture },
  ];
  const body = { channel: `discord:dm:${world.alice.id}`, text: 'Look at **this**', attachments };
  expect((await world.gateway.call('POST', '/api/deliver', { body })).status).toBe(202);
  const withFiles = (): WireMessage[] =>
    world.discord.shown(world.home).filter((message) => message.attachments.length > 0);
  await until('the files', () => withFiles().length === 2);
  const names = withFiles().map(({ attachments: [file] }) => [file?.filename, file?.content_type]);
  expect(names).toEqual([
    ['table _1_.csv', 'text/csv'],
    ['dot.png', 'image/png'],
  ]);
  const [table] = withFiles()[0]?.attachments ?? [];
  const stored = world.discord.world.files.get(table?.id ?? '');
  expect(Buffer.from(stored?.data ?? []).toString()).toBe('a,b\n1,2\n');
});

test('pictures and text come in, also once their addresses have expired', async () => {
  const world = await openDiscordWorld();
  world.say('tokens=10 interval=100ms');
  await streaming(world);
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  world.discord.say(world.home, world.alice, 'what is this?', {
    files: [
      { name: 'dot.png', mime: 'image/png', data: png },
      { name: 'notes.txt', mime: 'text/plain; charset=utf-8', data: Buffer.from('remember the milk') },
    ],
  });
  world.discord.expireFiles();
  await world.reply((text) => text.startsWith('You said: what is this?'));
  const refreshed = world.discord.rest.calls.filter(
    ({ method, path }) => method === 'GET' && MESSAGE.test(path),
  );
  expect(refreshed.length).toBeGreaterThan(0);
  expect(world.texts().filter((text) => text.includes('could not'))).toEqual([]);
});

test('what is in the outbox at a stop is sent after the next start, in order, once', async () => {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const world = await openDiscordWorld({ agentUrl: agent.url });
  world.discord.faults.plan('POST', MESSAGES, { kind: 'status', status: 503 }, Number.POSITIVE_INFINITY);
  world.say('one');
  world.say('two');
  await until('two answers', () => agent.stats().runs.length === 2 && agent.stats().running === 0);
  await world.restart(() => world.discord.faults.clear());
  await world.reply((text) => text === 'You said: two');
  expect(world.answers()).toEqual(['You said: one', 'You said: two']);
});
