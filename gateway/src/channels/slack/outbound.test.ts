import { uuidv7 } from '@mobyclaw/lib/uuid';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import type { RenderedPart } from '../../render/part.ts';
import { recordingHost } from '../../testing/recording-host.ts';
import { ALICE, DIRECT, GENERAL, startPeople, TIMING } from '../../testing/slack-world.ts';
import { createSlackChannel } from './index.ts';

const TO = `slack:dm:${DIRECT}`;

function part(text: string, plain = text): RenderedPart {
  return { text, plain };
}

async function connect(memory = new Map<string, string>(), given?: Awaited<ReturnType<typeof startPeople>>) {
  const slack = given ?? (await startPeople());
  const host = recordingHost(memory);
  const { botToken, appToken, url: apiUrl } = slack;
  const channel = createSlackChannel({ botToken, appToken, apiUrl }, host, TIMING);
  onTestFinished(() => channel.stop());
  await channel.start();
  return { slack, host, channel };
}

type World = Awaited<ReturnType<typeof connect>>;

function texts({ slack }: World, channel = DIRECT): string[] {
  return slack.replies(channel).map(({ text }) => text);
}

/** A stream in a thread of the channel, begun for a message of Alice's. */
async function stream(world: World, text: string) {
  const { ts } = world.slack.say({ channel: GENERAL, user: ALICE, text: '<@U0MOBY> go' });
  await until('the question', () => world.host.taken.length > 0);
  const to = `slack:channel:${GENERAL}:thread:${ts}`;
  const options = { nonce: uuidv7(), live: true, replyTo: ts };
  const sent = await world.channel.send(to, part(text), options);
  return { to, id: sent.status === 'sent' ? (sent.ids[0] ?? '') : '', sent };
}

test('sends, edits and takes back', async () => {
  const world = await connect();
  const { channel } = world;
  const sent = await channel.send(TO, part('*one*', 'one'), { nonce: uuidv7(), live: false });
  const id = sent.status === 'sent' ? (sent.ids[0] ?? '') : '';
  expect(texts(world)).toEqual(['*one*']);
  expect(await channel.edit(TO, id, part('*two*', 'two'), { live: false })).toEqual({
    status: 'sent',
    ids: [id],
  });
  expect(texts(world)).toEqual(['*two*']);
  expect(await channel.remove(TO, id)).toEqual({ status: 'sent', ids: [] });
  expect(await channel.remove(TO, id)).toEqual({ status: 'sent', ids: [] });
  expect(texts(world)).toEqual([]);
});

test('what comes as plain text is escaped, so that it is what it is', async () => {
  const world = await connect();
  await world.channel.send(TO, part('<!channel> & co'), { nonce: uuidv7(), live: false });
  expect(texts(world)).toEqual(['&lt;!channel&gt; &amp; co']);
});

test.each([
  [{ how: 'hang', after: true }],
  [{ how: 'drop', after: true }],
  [{ how: 'status', status: 500, after: true }],
] as const)(
  'a send that was carried out although no answer came (%j) is found, and not repeated',
  async (fault) => {
    const world = await connect();
    world.slack.faults.plan('chat.postMessage', fault);
    const result = await world.channel.send(TO, part('hello'), { nonce: uuidv7(), live: false });
    expect(result).toEqual({ status: 'sent', ids: [world.slack.replies(DIRECT)[0]?.ts] });
    expect(texts(world)).toEqual(['hello']);
  },
);

test('a send that was not carried out is to be tried again, and then comes once', async () => {
  const world = await connect();
  const nonce = uuidv7();
  world.slack.faults.plan('chat.postMessage', { how: 'hang' });
  const result = await world.channel.send(TO, part('hello'), { nonce, live: false });
  expect(result).toMatchObject({ status: 'failed', error: { remedy: 'retry', code: 'timeout' } });
  expect(await world.channel.send(TO, part('hello'), { nonce, live: false })).toMatchObject({
    status: 'sent',
  });
  expect(texts(world)).toEqual(['hello']);
});

test('a send of which the process before did not see the end is found by the next', async () => {
  const before = await connect();
  const nonce = uuidv7();
  await before.channel.send(TO, part('hello'), { nonce, live: false });
  await before.channel.stop();
  await new Promise((resolve) => setTimeout(resolve, 2)); // the nonce must be older than the connection
  const world = await connect(new Map(), before.slack);
  expect(await world.channel.send(TO, part('hello'), { nonce, live: false })).toMatchObject({
    status: 'sent',
  });
  expect(texts(world)).toEqual(['hello']);
});

test('where Slack does not let us look, a send in doubt is unknown', async () => {
  const world = await connect();
  world.slack.faults.plan('chat.postMessage', { how: 'drop', after: true });
  world.slack.faults.plan('conversations.history', { how: 'refuse', error: 'missing_scope' });
  const result = await world.channel.send(TO, part('hello'), { nonce: uuidv7(), live: false });
  expect(result).toMatchObject({ status: 'unknown' });
});

test.each([
  [2, 2000],
  [undefined, 5000],
])(
  'a rate limit (Retry-After: %j) comes back at once with its pause, and holds up no other call',
  async (after, ms) => {
    const world = await connect();
    const sent = await world.channel.send(TO, part('one'), { nonce: uuidv7(), live: false });
    const id = sent.status === 'sent' ? (sent.ids[0] ?? '') : '';
    world.slack.faults.plan('chat.update', {
      how: 'limit',
      ...(after === undefined ? {} : { retryAfter: after }),
    });
    const from = Date.now();
    const [edited, other] = await Promise.all([
      world.channel.edit(TO, id, part('two'), { live: false }),
      world.channel.send('slack:dm:D0BOB', part('other'), { nonce: uuidv7(), live: false }),
    ]);
    expect(edited).toMatchObject({ status: 'failed', error: { remedy: 'retry', retryAfterMs: ms } });
    expect(other).toMatchObject({ status: 'sent' });
    expect(Date.now() - from).toBeLessThan(1000);
  },
);

test.each([
  ['channel_not_found', 'none', false],
  ['msg_too_long', 'plain', false],
  ['something_new', 'plain', false],
  ['service_unavailable', 'retry', false],
  ['token_revoked', 'retry', true],
])('the refusal %s: remedy %s, fatal %j', async (error, remedy, fatal) => {
  const world = await connect();
  world.slack.faults.plan('chat.postMessage', { how: 'refuse', error });
  const result = await world.channel.send(TO, part('x'), { nonce: uuidv7(), live: false });
  expect(result).toMatchObject({ status: 'failed', error: { remedy, fatal, code: error } });
});

test('a message that is gone is to be sent anew', async () => {
  const world = await connect();
  const result = await world.channel.edit(TO, '1.000001', part('x'), { live: false });
  expect(result).toMatchObject({ status: 'failed', error: { remedy: 'send-new' } });
});

test('in a thread an answer streams by adding to it, and its last edit ends the stream', async () => {
  const world = await connect();
  const { to, id } = await stream(world, 'One');
  expect(world.slack.calls('chat.startStream')[0]?.args).toMatchObject({
    recipient_user_id: ALICE,
    recipient_team_id: 'T0TEAM',
  });
  await world.channel.edit(to, id, part('One two'), { live: true });
  await world.channel.edit(to, id, part('One two three'), { live: true });
  expect(world.slack.calls('chat.appendStream').map(({ args }) => args.markdown_text)).toEqual([
    ' two',
    ' three',
  ]);
  expect(
    await world.channel.edit(to, id, part('*One* two three.', 'One two three.'), { live: false }),
  ).toEqual({
    status: 'sent',
    ids: [id],
  });
  const [message] = world.slack.replies(GENERAL);
  expect(message).toMatchObject({ streaming: false, streamed: true, text: '*One* two three.' });
});

test('what cannot be added ends the stream, and the message goes on by edits', async () => {
  const world = await connect();
  const { to, id } = await stream(world, '⏳ Looking…');
  await world.channel.edit(to, id, part('Found it'), { live: true });
  expect(texts(world, GENERAL)).toEqual(['Found it']);
  await world.channel.edit(to, id, part('Found it.'), { live: true });
  expect(world.slack.calls('chat.appendStream')).toEqual([]);
  expect(world.slack.calls('chat.stopStream')).toHaveLength(1);
});

test.each([
  [{ how: 'refuse', error: 'message_not_in_streaming_state' }],
  [{ how: 'hang', after: true }],
  [{ how: 'status', status: 500 }],
] as const)('a stream that breaks (%j) shows what it should all the same', async (fault) => {
  const world = await connect();
  const { to, id } = await stream(world, 'One');
  world.slack.faults.plan('chat.appendStream', fault);
  await world.channel.edit(to, id, part('One two'), { live: true });
  await world.channel.edit(to, id, part('One two three'), { live: false });
  expect(world.slack.replies(GENERAL)).toMatchObject([{ text: 'One two three', streaming: false }]);
});

test('a workspace without streams gets messages and edits, and is asked once', async () => {
  const world = await connect();
  world.slack.faults.plan(
    'chat.startStream',
    { how: 'refuse', error: 'unknown_method' },
    Number.POSITIVE_INFINITY,
  );
  const first = await stream(world, 'One');
  expect(first.sent).toMatchObject({ status: 'sent' });
  await world.channel.edit(first.to, first.id, part('One two'), { live: true });
  await stream(world, 'Again');
  expect(world.slack.calls('chat.startStream')).toHaveLength(1);
  expect(texts(world, GENERAL)).toEqual(['One two', 'Again']);
});

test('a stream that the process before left open is ended by the edit of the next', async () => {
  const before = await connect();
  const { to, id } = await stream(before, 'One');
  const world = await connect(new Map(), before.slack);
  expect(await world.channel.edit(to, id, part('One two'), { live: false })).toMatchObject({
    status: 'sent',
  });
  expect(world.slack.replies(GENERAL)).toMatchObject([{ text: 'One two', streaming: false }]);
});

test('the stop ends streams, so that no mark of failure stays', async () => {
  const world = await connect();
  await stream(world, 'One');
  await world.channel.stop();
  expect(world.slack.replies(GENERAL)).toMatchObject([{ text: 'One', streaming: false }]);
});

test('"is thinking…" shows in the thread until the answer is there', async () => {
  const world = await connect();
  const to = `slack:channel:${GENERAL}:thread:1.000001`;
  await world.channel.typing(to);
  await world.channel.send(to, part('done'), { nonce: uuidv7(), live: false });
  await until('the end of it', () => world.slack.workspace.statuses.length === 2);
  expect(world.slack.workspace.statuses).toEqual([
    { thread: '1.000001', status: 'is thinking…' },
    { thread: '1.000001', status: '' },
  ]);
  await world.channel.typing(TO);
  expect(world.slack.workspace.statuses).toHaveLength(2); // no thread, no sign
});

test('in direct messages the sign is in the thread in which the person wrote last', async () => {
  const world = await connect();
  const said = async (more: { thread?: string }) => {
    const before = world.host.taken.length;
    const { ts } = world.slack.say({ channel: DIRECT, user: ALICE, text: 'go on', ...more });
    await until('the message', () => world.host.taken.length > before);
    await world.channel.typing(TO);
    return ts;
  };
  const thread = await said({});
  expect(world.slack.workspace.statuses).toEqual([]);
  await said({ thread });
  expect(world.slack.workspace.statuses).toEqual([{ thread, status: 'is thinking…' }]);
  await said({});
  expect(world.slack.workspace.statuses).toHaveLength(1);
});

test('a receipt is an eye; where the app may not, it is not tried again', async () => {
  const world = await connect();
  await world.channel.seen?.(TO, '1.000001/1.000000', true);
  expect(world.slack.workspace.reactions).toEqual([{ channel: DIRECT, timestamp: '1.000001', name: 'eyes' }]);
  world.slack.faults.plan('reactions.add', { how: 'refuse', error: 'missing_scope' });
  await world.channel.seen?.(TO, '2.000001', true);
  await world.channel.seen?.(TO, '3.000001', true);
  expect(world.slack.calls('reactions.add')).toHaveLength(2);
});

test('only where the thread is gone the answer comes without it', async () => {
  const world = await connect();
  const send = (text: string) =>
    world.channel.send(TO, part(text), { nonce: uuidv7(), live: false, replyTo: '2.000001/1.000001' });
  world.slack.faults.plan('chat.postMessage', { how: 'refuse', error: 'restricted_action' });
  expect(await send('one')).toMatchObject({ status: 'failed' });
  expect(world.slack.replies(DIRECT)).toEqual([]);
  world.slack.faults.plan('chat.postMessage', { how: 'refuse', error: 'thread_not_found' });
  expect(await send('two')).toMatchObject({ status: 'sent' });
  expect(world.slack.replies(DIRECT)).toMatchObject([{ text: 'two', thread: null }]);
});

test('in a thread of direct messages the answer goes to the thread', async () => {
  const world = await connect();
  await world.channel.send(TO, part('x'), { nonce: uuidv7(), live: false, replyTo: '2.000001/1.000001' });
  await world.channel.send(TO, part('y'), { nonce: uuidv7(), live: false, replyTo: '3.000001' });
  expect(world.slack.replies(DIRECT).map(({ thread }) => thread)).toEqual(['1.000001', null]);
});
