import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { ALICE, BOB, openTelegramWorld, type TelegramWorld } from '../../testing/telegram-world.ts';

const TOO_MANY = {
  how: 'refuse',
  code: 429,
  description: 'Too Many Requests: retry after 1',
  retryAfter: 1,
} as const;
const BOTH = { env: { TELEGRAM_ALLOWED_USERS: `${ALICE.id},${BOB.id}` } };

async function trouble(world: TelegramWorld): Promise<{ state: string; error?: string }[]> {
  return (await world.gateway.call('GET', '/api/channels')).body.trouble;
}

test('an answer longer than a message comes whole and in order', async () => {
  const lines = Array.from({ length: 900 }, (_, index) => `line ${index} of a long answer`);
  const script = () => [{ do: 'text' as const, text: lines.join('\n\n') }];
  const world = await openTelegramWorld({ agent: { script } });
  world.say('tell me everything');
  await world.reply((text) => text.includes('line 899 '));
  const texts = world.texts();
  expect(texts.length).toBeGreaterThan(4);
  for (const text of texts) expect([...text].length).toBeLessThanOrEqual(4096);
  expect(texts.join('\n').match(/line \d+ of a long answer/g)).toEqual(lines);
});

test('9,000 characters of Markdown with code, tables and links arrive whole, in order, as Telegram writes them', async () => {
  const section = (index: number) =>
    [
      `## Section ${index}`,
      `Some *emphasis*, **weight** and [a link](https://example.com/${index}) in section ${index}.`,
      `\`\`\`ts\nconst value${index} = '${'x'.repeat(120)}';\nconsole.log(value${index});\n\`\`\``,
      `| name | value |\n| --- | --- |\n| row${index} | cell${index} |`,
    ].join('\n\n');
  const markdown = Array.from({ length: 30 }, (_, index) => section(index)).join('\n\n');
  expect(markdown.length).toBeGreaterThan(9000);
  const world = await openTelegramWorld({ agent: { script: () => [{ do: 'text', text: markdown }] } });
  world.say('everything, please');
  await world.reply((text) => text.includes('cell29'));
  const replies = world.telegram.replies(ALICE.id);
  const whole = replies.map(({ text }) => text).join('\n');
  for (const word of ['Section', 'value', 'row', 'cell']) {
    const found = [...whole.matchAll(new RegExp(`\\b${word} ?(\\d+)\\b`, 'g'))].map(([, index]) =>
      Number(index),
    );
    expect([...new Set(found)]).toEqual(Array.from({ length: 30 }, (_, index) => index));
  }
  const entities = replies.flatMap((message) => message.entities as { type: string; url?: string }[]);
  expect(entities.filter(({ type }) => type === 'pre').length).toBeGreaterThanOrEqual(30);
  expect(entities.filter(({ url }) => url?.startsWith('https://example.com/'))).toHaveLength(30);
  expect(whole).not.toContain('```');
});

test('a chat that has to wait holds up no other', async () => {
  const world = await openTelegramWorld(BOTH);
  const long = { how: 'refuse', code: 429, description: 'Too Many Requests', retryAfter: 3 } as const;
  world.telegram.faults.plan('sendMessage', long, 1, ALICE.id);
  world.say('mine');
  await until('the refusal', () => world.telegram.calls('sendMessage').length > 0);
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'and mine' });
  await world.reply((text) => text === 'You said: and mine', BOB.id);
  expect(world.texts()).toEqual([]);
  await world.reply((text) => text === 'You said: mine');
});

test('trouble at Telegram: the message is sent once it is over, once', async () => {
  const world = await openTelegramWorld();
  world.telegram.faults.plan('sendMessage', { how: 'status', status: 500 }, 2);
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
  expect(world.texts()).toEqual(['You said: hello']);
});

test('a send that was carried out although the line broke is not repeated', async () => {
  const world = await openTelegramWorld();
  world.telegram.faults.plan('sendMessage', { how: 'drop', after: true });
  world.say('hello');
  await world.reply((text) => text.includes('/resend'));
  expect(world.texts().filter((text) => text.includes('You said'))).toEqual(['You said: hello']);
  expect(await trouble(world)).toMatchObject([{ state: 'unknown' }]);
});

test('a send of which nobody knows is in the status, and comes again when the person asks for it', async () => {
  const world = await openTelegramWorld();
  world.telegram.faults.plan('sendMessage', { how: 'hang' });
  world.say('hello');
  await world.reply((text) => text.includes('/resend'));
  expect(await trouble(world)).toMatchObject([
    { state: 'unknown', error: expect.stringContaining('in time') },
  ]);
  world.say('/resend');
  await world.reply((text) => text === 'You said: hello');
  await until('the status to be clean', async () => (await trouble(world)).length === 0);
});

test('the bot was blocked: the answer has failed, visibly, and is not tried for ever', async () => {
  const world = await openTelegramWorld();
  world.telegram.chats.blocked.add(ALICE.id);
  world.say('hello');
  await until('the failure', async () => (await trouble(world))[0]?.state === 'failed');
  const [failure] = await trouble(world);
  expect(failure?.error).toContain('blocked');
  expect(world.telegram.calls('sendMessage')).toHaveLength(1);
});

test('a part that is refused for its formatting comes as plain text', async () => {
  const world = await openTelegramWorld();
  const description = "Bad Request: can't parse entities: Can't find end of the entity";
  world.telegram.faults.plan('sendMessage', { how: 'refuse', code: 400, description });
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
});

test.each(['Bad Request: PHOTO_INVALID_DIMENSIONS', 'Bad Request: IMAGE_PROCESS_FAILED'])(
  'a picture that is no photo to Telegram (%s) comes as a document',
  async (description) => {
    const world = await openTelegramWorld();
    world.telegram.faults.plan('sendPhoto', { how: 'refuse', code: 400, description });
    await pushFile(world, { name: 'tall.png', mime: 'image/png' });
    const file = await until(
      'the file',
      () => world.telegram.replies(ALICE.id).flatMap((said) => said.file ?? [])[0],
    );
    expect(file).toMatchObject({ field: 'document', name: 'tall.png' });
    expect(await trouble(world)).toEqual([]);
  },
);

test('a file that a group or chat does not take is told of there, and /resend brings it', async () => {
  const world = await openTelegramWorld();
  const description = 'Bad Request: not enough rights to send documents to the chat';
  world.telegram.faults.plan('sendDocument', { how: 'refuse', code: 400, description });
  await pushFile(world, { name: 'table.csv', mime: 'text/csv' });
  await world.reply((text) => text.startsWith('I could not send you the file table.csv.'));
  expect(await trouble(world)).toMatchObject([{ state: 'failed' }]);
  world.say('/resend');
  await until('the file', () =>
    world.telegram.replies(ALICE.id).some(({ file }) => file?.name === 'table.csv'),
  );
  expect(await trouble(world)).toEqual([]);
});

test('a message is pushed to people who may talk to Moby, with files, and to nobody else', async () => {
  const world = await openTelegramWorld();
  const push = (body: object) => world.gateway.call('POST', '/api/deliver', { body });
  const channel = `telegram:dm:${ALICE.id}`;
  expect((await push({ channel, text: 'too early' })).status).toBe(409); // she has not written yet
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
  const data = Buffer.from('a,b\n1,2\n').toString('base64');
  const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47]).toString('base64');
  const attachments = [
    { name: 'table.csv', mime: 'text/csv', data },
    { name: 'dot.png', mime: 'image/png', data: picture },
  ];
  expect((await push({ channel, text: 'Look at **this**', attachments })).status).toBe(202);
  await until('the files', () => world.telegram.replies(ALICE.id).filter(({ file }) => file).length === 2);
  const sent = world.telegram.replies(ALICE.id).flatMap(({ file }) => file ?? []);
  expect(sent.map(({ field, name }) => [field, name])).toEqual([
    ['document', 'table.csv'],
    ['photo', 'dot.png'],
  ]);
  expect(Buffer.from(sent[0]?.bytes ?? []).toString()).toBe('a,b\n1,2\n');
  const refused = await push({ channel: 'telegram:dm:666', text: 'psst' });
  expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('may write to') } });
  expect(world.telegram.calls('sendMessage').filter(({ payload }) => payload.chat_id === 666)).toEqual([]);
});

test('what is in the outbox at a stop is sent after the next start, in order, once', async () => {
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const world = await openTelegramWorld({ agentUrl: agent.url });
  world.telegram.faults.plan('sendMessage', { ...TOO_MANY, retryAfter: 2 }, Number.POSITIVE_INFINITY);
  world.say('one');
  world.say('two');
  await until('two answers', () => agent.stats().runs.length === 2 && agent.stats().running === 0);
  await until('a refusal', () => world.telegram.calls('sendMessage').length > 0);
  await world.gateway.close(1000);
  world.telegram.faults.clear();
  await world.restart();
  await world.reply((text) => text === 'You said: two');
  expect(world.texts()).toEqual(['You said: one', 'You said: two']);
});

/** Sends Alice a file, once she has written. */
async function pushFile(world: TelegramWorld, file: { name: string; mime: string }): Promise<void> {
  world.say('hello');
  await world.reply((text) => text === 'You said: hello');
  const attachments = [{ ...file, data: Buffer.from('some bytes').toString('base64') }];
  const body = { channel: `telegram:dm:${ALICE.id}`, text: 'Look', attachments };
  expect((await world.gateway.call('POST', '/api/deliver', { body })).status).toBe(202);
}
