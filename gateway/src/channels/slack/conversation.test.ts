import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import {
  ALICE,
  BOB,
  DIRECT,
  GENERAL,
  isUp,
  MALLORY,
  openSlackWorld,
  type SlackWorld,
  statusOf,
} from '../../testing/slack-world.ts';

const MENTION = '<@U0MOBY>';
const CODE = /[A-HJKMNP-Z2-9]{8}/;

function prompts(world: SlackWorld): string[] {
  return world.gateway.agent?.stats().runs.map(({ prompt }) => prompt) ?? [];
}

function streaming(world: SlackWorld, channel = DIRECT): Promise<string> {
  return world.reply((text) => text.startsWith('You said:'), channel);
}

test('a person writes and gets the answer, and an eye on the message', async () => {
  const world = await openSlackWorld();
  const ts = world.say('hello there');
  await world.reply((text) => text === 'You said: hello there');
  expect(world.texts()).toHaveLength(1);
  await until('the eye', () => world.slack.workspace.reactions.some(({ timestamp }) => timestamp === ts));
  expect(prompts(world)[0]).toContain(`sender: "Alice" (slack:${ALICE})`);
});

test('an answer that takes its time streams into one message by edits, and ends complete', async () => {
  const world = await openSlackWorld();
  world.say('tokens=60 interval=60ms');
  await world.reply((text) => text.endsWith('word59'));
  const [reply, ...others] = world.slack.replies(DIRECT);
  expect(others).toEqual([]);
  expect(reply?.versions.length).toBeGreaterThan(2);
  expect(reply?.versions.length).toBeLessThan(8); // about one in 1.2 s
});

test('9,000 characters of Markdown come whole and in order', async () => {
  const lines = Array.from({ length: 300 }, (_, index) => `line ${index} of a long **answer**`);
  const code = ['```ts', ...Array.from({ length: 60 }, (_, index) => `const a${index} = ${index};`), '```'];
  const script = () => [{ do: 'text' as const, text: [...lines, code.join('\n')].join('\n\n') }];
  const world = await openSlackWorld({ agent: { script } });
  world.say('tell me everything');
  await world.reply((text) => text.includes('const a59 ='));
  const texts = world.texts();
  for (const text of texts) expect(text.length).toBeLessThanOrEqual(4000);
  const all = texts.join('\n');
  expect(all.match(/line \d+ of/g)).toEqual(lines.map((_, index) => `line ${index} of`));
  expect(all.match(/const a\d+ =/g)).toHaveLength(60);
});

test('in a channel that is allowed, a mention begins a thread, and a reply in it needs none', async () => {
  const world = await openSlackWorld();
  world.slack.say({ channel: GENERAL, user: BOB, text: `${MENTION} closed?` });
  world.slack.say({ channel: GENERAL, user: ALICE, text: `${MENTION} !allow` });
  await world.reply((text) => text.includes('I answer here from now on'), GENERAL);
  world.slack.say({ channel: GENERAL, user: BOB, text: 'not for Moby' });
  const { ts } = world.slack.say({ channel: GENERAL, user: BOB, text: `${MENTION} what time is it` });
  await world.reply((text) => text === 'You said: what time is it', GENERAL);
  world.slack.say({ channel: GENERAL, user: ALICE, text: 'and where', thread: ts });
  await world.reply((text) => text === 'You said: and where', GENERAL);
  const answers = world.slack.replies(GENERAL).filter(({ text }) => text.startsWith('You said'));
  expect(answers.map(({ thread }) => thread)).toEqual([ts, ts]);
  expect(prompts(world)).toHaveLength(2);
  expect(prompts(world)[0]).toContain('Written in the group "#general"');
  const { body } = await world.gateway.call('GET', '/api/sessions');
  expect(body.items.map(({ key }: { key: string }) => key)).toEqual([
    `slack:channel:${GENERAL}:thread:${ts}`,
  ]);
});

test('in a thread the answer is a stream of Slack, which ends with the answer', async () => {
  const world = await openSlackWorld();
  await world.gateway.call('POST', `/api/channels/slack:channel:${GENERAL}/allow`, { body: {} });
  world.slack.say({ channel: GENERAL, user: BOB, text: `${MENTION} tokens=50 interval=60ms` });
  await world.reply((text) => text.endsWith('word49'), GENERAL);
  await until('its end', () => world.slack.replies(GENERAL).every((message) => !message.streaming));
  expect(world.slack.replies(GENERAL)).toMatchObject([{ streamed: true }]);
  expect(world.slack.calls('chat.appendStream').length).toBeGreaterThan(0);
});

test('in a thread it is told that Moby is thinking, until his answer is there and no longer', async () => {
  const gate = Promise.withResolvers<void>();
  const act = async () => {
    await gate.promise;
    return 'done';
  };
  const script = () => [
    { do: 'text' as const, text: 'Let me look. ' },
    { do: 'wait' as const, ms: 1500 }, // longer than the pace of live edits
    { do: 'text' as const, text: 'Here. ' },
    { do: 'tools' as const, calls: [{ name: 'search', act }] },
    { do: 'text' as const, text: 'All done.' },
  ];
  const world = await openSlackWorld({ agent: { script } });
  await world.gateway.call('POST', `/api/channels/slack:channel:${GENERAL}/allow`, { body: {} });
  const { ts } = world.slack.say({ channel: GENERAL, user: BOB, text: `${MENTION} look` });
  const { statuses } = world.slack.workspace;
  await until('the sign', () => statuses.length > 0);
  await world.reply((text) => text.includes('Here.'), GENERAL);
  world.say('!queue'); // whatever was called for the edit has come by the time that this is answered
  await until('the answer', () => world.texts().length > 0);
  expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set(['is thinking…'])); // what streams is no end
  gate.resolve();
  await world.reply((text) => text.endsWith('All done.'), GENERAL);
  await until('the end of the sign', () => statuses.at(-1)?.status === '');
  expect(new Set(statuses.map(({ thread }) => thread))).toEqual(new Set([ts]));
  expect(statuses.filter(({ status }) => status === '')).toHaveLength(1);
});

test('an answer that comes at once ends the sign, too', async () => {
  const world = await openSlackWorld();
  await world.gateway.call('POST', `/api/channels/slack:channel:${GENERAL}/allow`, { body: {} });
  world.slack.say({ channel: GENERAL, user: BOB, text: `${MENTION} hello` });
  await world.reply((text) => text === 'You said: hello', GENERAL);
  const { statuses } = world.slack.workspace;
  await until('the end of the sign', () => statuses.at(-1)?.status === '');
  expect(statuses[0]?.status).toBe('is thinking…');
});

test('the thread goes on after a restart, without a mention', async () => {
  const world = await openSlackWorld();
  await world.gateway.call('POST', `/api/channels/slack:channel:${GENERAL}/allow`, { body: {} });
  const { ts } = world.slack.say({ channel: GENERAL, user: BOB, text: `${MENTION} one` });
  await world.reply((text) => text === 'You said: one', GENERAL);
  await world.restart();
  await isUp(world);
  world.slack.say({ channel: GENERAL, user: BOB, text: 'two', thread: ts });
  await world.reply((text) => text === 'You said: two', GENERAL);
});

test('a stranger gets a code and nothing else; once let in he is answered', async () => {
  const world = await openSlackWorld();
  world.slack.say({ channel: 'D0MALLORY', user: MALLORY, text: 'my-unmistakable-words' });
  const answer = await world.reply((text) => CODE.test(text), 'D0MALLORY');
  const [code = ''] = CODE.exec(answer) ?? [];
  expect(prompts(world)).toEqual([]);
  world.say(`!approve ${code}`);
  await world.reply((text) => text.includes('may talk to me now'));
  world.slack.say({ channel: 'D0MALLORY', user: MALLORY, text: 'and now' });
  await world.reply((text) => text === 'You said: and now', 'D0MALLORY');
  expect(prompts(world).join()).not.toContain('unmistakable');
});

test('commands are answered while a turn runs, and !stop ends it', async () => {
  const world = await openSlackWorld();
  world.say('tokens=2000 interval=20ms');
  await until('the run', () => prompts(world).length > 0);
  world.say('!status');
  await world.reply((text) => text.includes('at work'));
  world.say('!stop');
  await world.reply((text) => text === 'Stopped.');
  await until('the run to end', () => world.gateway.agent?.stats().running === 0);
});

test('a message that is changed while it waits is read as it is then', async () => {
  const world = await openSlackWorld();
  world.say('first tokens=20 interval=80ms');
  await until('the first to run', () => prompts(world).length > 0);
  const ts = world.say('secnd');
  world.slack.edit(DIRECT, ts, 'second');
  await world.reply((text) => text === 'You said: second');
  expect(prompts(world).join()).not.toContain('secnd');
});

test('a picture goes to the model, and files go out', async () => {
  const world = await openSlackWorld();
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  world.say('look', { file: { name: 'dot.png', mimetype: 'image/png', bytes: png } });
  await streaming(world);
  const data = Buffer.from('a,b\n1,2\n').toString('base64');
  const attachments = [{ name: 'table.csv', mime: 'text/csv', data }];
  const body = { channel: `slack:dm:${DIRECT}`, text: 'Look at *this*', attachments };
  expect((await world.gateway.call('POST', '/api/deliver', { body })).status).toBe(202);
  const file = await until('the file', () =>
    [...world.slack.workspace.files.values()].find(({ shares }) => shares.length > 0),
  );
  expect(file).toMatchObject({ name: 'table.csv', shares: [{ channel: DIRECT }] });
  expect(Buffer.from(file.bytes).toString()).toBe('a,b\n1,2\n');
});

test('an envelope that comes again, also after a restart, is answered once', async () => {
  const world = await openSlackWorld();
  world.say('hello');
  await streaming(world);
  world.slack.socket.redeliver();
  await world.restart();
  await isUp(world);
  world.slack.socket.redeliver();
  world.say('and you');
  await world.reply((text) => text === 'You said: and you');
  expect(world.texts()).toEqual(['You said: hello', 'You said: and you']);
  expect(prompts(world)).toHaveLength(1); // of the agent of the second gateway
});

test('429 on every edit to the last: the answer is complete in the end, in one message', async () => {
  const world = await openSlackWorld();
  world.say('tokens=30 interval=60ms');
  await streaming(world);
  world.slack.faults.plan('chat.update', { how: 'limit', retryAfter: 1 }, 3);
  await world.reply((text) => text.endsWith('word29'));
  expect(world.texts()).toHaveLength(1);
});

test('a call that hangs: the answer comes once, whether the call was carried out or not', async () => {
  const world = await openSlackWorld();
  world.slack.faults.plan('chat.postMessage', { how: 'hang', after: true });
  world.say('one');
  await world.reply((text) => text === 'You said: one');
  world.slack.faults.plan('chat.postMessage', { how: 'hang' });
  world.say('two');
  await world.reply((text) => text === 'You said: two');
  await until(
    'all to be settled',
    async () => (await world.gateway.call('GET', '/api/channels')).body.items[0].waiting === 0,
  );
  expect(world.texts()).toEqual(['You said: one', 'You said: two']);
  expect((await world.gateway.call('GET', '/api/channels')).body.trouble).toEqual([]);
});

test.each(['cut', 'blackHole', 'disconnectFrame'] as const)(
  'a line that ends (%s) is replaced, and what was written meanwhile is answered once',
  async (how) => {
    const world = await openSlackWorld();
    world.slack.socket[how]();
    world.say('in the middle of it');
    await world.reply((text) => text === 'You said: in the middle of it');
    expect(world.texts()).toHaveLength(1);
    expect((await statusOf(world)).connects).toBe(2);
  },
);

test('a token that is revoked stops the channel with a clear line, and the gateway lives', async () => {
  const world = await openSlackWorld();
  world.slack.revoke();
  await until('the channel to stop', async () => (await statusOf(world)).state === 'stopped');
  const status = await statusOf(world);
  expect(status).toMatchObject({ fatal: true, reason: expect.stringContaining('SLACK_BOT_TOKEN') });
  expect(JSON.stringify(status)).not.toContain('TEST-token');
  expect((await world.gateway.ask('hello')).status).toBe(200);
});

test('an app token that is refused at the next connection stops the channel, and the gateway lives', async () => {
  const world = await openSlackWorld();
  world.slack.revokeApp();
  world.slack.socket.cut();
  await until('the channel to stop', async () => (await statusOf(world)).state === 'stopped');
  expect((await statusOf(world)).reason).toContain('SLACK_APP_TOKEN');
  expect((await world.gateway.ask('hello')).status).toBe(200);
});
