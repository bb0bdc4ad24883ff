import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { type RecordingHost, recordingHost } from '../../testing/recording-host.ts';
import { ALICE, DIRECT, GENERAL, startPeople, TIMING } from '../../testing/slack-world.ts';
import type { InboundEvent } from '../channel.ts';
import type { ChannelError } from '../channel-error.ts';
import { createSlackChannel, type SlackTiming } from './index.ts';

async function open(slack: Awaited<ReturnType<typeof startPeople>>, timing: Partial<SlackTiming> = {}) {
  const host = recordingHost();
  const { botToken, appToken, url: apiUrl } = slack;
  const channel = createSlackChannel({ botToken, appToken, apiUrl }, host, { ...TIMING, ...timing });
  onTestFinished(() => channel.stop());
  return { host, channel };
}

async function connect(timing: Partial<SlackTiming> = {}) {
  const slack = await startPeople();
  const { host, channel } = await open(slack, timing);
  await channel.start();
  return { slack, host, channel };
}

function texts({ taken }: RecordingHost): string[] {
  return taken.map((event) => (event.type === 'moved' ? '' : event.text));
}

async function refusal(start: Promise<void>): Promise<ChannelError> {
  return start.then(
    () => Promise.reject(new Error('it has started')),
    (error: ChannelError) => error,
  );
}

test('an envelope is acknowledged only once its message is on disk', async () => {
  const { slack, host } = await connect();
  const disk = Promise.withResolvers<void>();
  host.disk = () => disk.promise;
  const [envelope] = slack.say({ channel: DIRECT, user: ALICE, text: 'precious' }).envelopes;
  const [other] = slack.say({ channel: 'D0OTHER', user: ALICE, text: 'elsewhere' }).envelopes;
  await until('both to be here', () => host.signs > 2);
  expect([envelope?.ackedAt, other?.ackedAt]).toEqual([null, null]);
  disk.resolve();
  await until('the acknowledgements', () => envelope?.ackedAt && other?.ackedAt);
  expect(texts(host).toSorted()).toEqual(['elsewhere', 'precious']);
});

test('what the disk did not take is not acknowledged, and Slack brings it again', async () => {
  const { slack, host } = await connect();
  host.disk = () => Promise.reject(new Error('the disk is full'));
  const [envelope] = slack.say({ channel: DIRECT, user: ALICE, text: 'precious' }).envelopes;
  const [later] = slack.say({ channel: DIRECT, user: ALICE, text: 'later' }).envelopes;
  await until('them to have been tried', () => later?.sent === 1 && host.signs > 2);
  expect(envelope?.ackedAt).toBeNull();
  host.disk = async () => undefined;
  slack.socket.redeliver();
  await until('the acknowledgements', () => envelope?.ackedAt && later?.ackedAt);
  expect(texts(host)).toEqual(['precious', 'later']);
});

test('messages of one chat are handed over in their order, however long each takes', async () => {
  const { slack, host } = await connect();
  host.disk = (event: InboundEvent) =>
    new Promise((resolve) => setTimeout(resolve, event.type !== 'moved' && event.text === 'm0' ? 60 : 1));
  for (let index = 0; index < 8; index++) slack.say({ channel: DIRECT, user: ALICE, text: `m${index}` });
  await until('all of them', () => host.taken.length === 8);
  expect(texts(host)).toEqual(Array.from({ length: 8 }, (_, index) => `m${index}`));
});

test('what the bot itself wrote is not heard', async () => {
  const { slack, host } = await connect();
  slack.say({ channel: DIRECT, user: 'U0MOBY', text: 'my own words', bot: 'B0MOBY' });
  slack.say({ channel: DIRECT, user: ALICE, text: 'hers' });
  await until('the other one', () => host.taken.length > 0);
  expect(texts(host)).toEqual(['hers']);
});

test('an envelope that cannot be read breaks nothing', async () => {
  const { slack, host } = await connect();
  slack.socket.send({ type: 'message', channel: DIRECT, ts: 'nonsense', subtype: 'message_changed' });
  slack.socket.send({ type: 'something_new' });
  slack.say({ channel: DIRECT, user: ALICE, text: 'after' });
  await until('the message', () => host.taken.length > 0);
  expect(texts(host)).toEqual(['after']);
});

test('a message that we cannot read is passed over with a line in the log, without its words', async () => {
  const { slack, host } = await connect();
  const said = { type: 'message', channel: DIRECT, channel_type: 'im', user: ALICE, ts: '1700000000.000100' };
  const envelope = slack.socket.send({ ...said, text: 'hello', files: 'no-list-secret' });
  await until('the acknowledgement', () => envelope.ackedAt !== null);
  expect(host.taken).toEqual([]);
  const [line] = host.logged;
  expect(line).toMatchObject({ chat: DIRECT, ts: '1700000000.000100', name: 'TypeError' });
  expect(line?.at).not.toEqual([]);
  expect(JSON.stringify(host.logged)).not.toContain('secret');
});

test('an event that was not acknowledged is told in the log', async () => {
  const { slack, host } = await connect();
  host.disk = () => Promise.reject(new Error('the disk is full'));
  slack.say({ channel: DIRECT, user: ALICE, text: 'precious' });
  await until('the line', () => host.logged.some(({ kind }) => kind === 'message'));
  expect(JSON.stringify(host.logged)).not.toContain('precious');
});

test('a message that is on disk when the line is gone breaks nothing; Slack brings it again', async () => {
  const { slack, host, channel } = await connect();
  const disk = Promise.withResolvers<void>();
  host.disk = () => disk.promise;
  const [envelope] = slack.say({ channel: DIRECT, user: ALICE, text: 'precious' }).envelopes;
  await until('it to be taken', () => host.signs > 1);
  await channel.stop();
  disk.resolve();
  await until('the line in the log', () => host.logged.some(({ kind }) => kind === 'message'));
  expect(envelope?.ackedAt).toBeNull();
});

test('a line that is reset is told at once, and nothing of it stays open', async () => {
  const { slack, host, channel } = await connect();
  slack.socket.cut();
  await until('the loss', () => host.lostBy.length > 0);
  expect(host.lostBy[0]).toMatchObject({ remedy: 'retry', fatal: false });
  await channel.stop();
  await until('no socket', () => slack.open() === 0);
});

test('when Slack wants a new connection, that is told at once', async () => {
  const { slack, host } = await connect();
  slack.socket.disconnectFrame();
  await until('the loss', () => host.lostBy.length > 0);
});

test('a line on which nothing passes any more is found by its pongs, and closed by force', async () => {
  const { slack, host, channel } = await connect();
  const signs = host.signs;
  await until('pongs', () => host.signs > signs);
  slack.socket.blackHole();
  await until('the loss', () => host.lostBy.length > 0);
  await channel.stop();
  slack.socket.thaw();
  await until('no socket', () => slack.open() === 0);
});

test('a greeting that never comes ends the start', async () => {
  const slack = await startPeople();
  slack.socket.silent = true;
  const { channel } = await open(slack, { startMs: 500 });
  expect(await refusal(channel.start())).toMatchObject({ code: 'timeout', remedy: 'retry', fatal: false });
  await channel.stop();
  await until('no socket', () => slack.open() === 0);
});

test.each([
  ['auth.test', 'hang'],
  ['apps.connections.open', 'hang'],
  ['the upgrade', 'hold'],
] as const)('stopped while %s hangs: it ends, and nothing stays open', async (what, how) => {
  const slack = await startPeople();
  if (how === 'hang') slack.faults.plan(what, { how });
  else slack.socket.holdUpgrades = true;
  const { channel } = await open(slack, { callMs: 30_000, startMs: 30_000 });
  const started = refusal(channel.start());
  await until('the call', () => slack.calls(how === 'hang' ? what : 'apps.connections.open').length > 0);
  const from = Date.now();
  await Promise.all([channel.stop(), started]);
  expect(Date.now() - from).toBeLessThan(10_000);
  await until('no socket', () => slack.open() === 0);
  expect(slack.socket.open).toBe(0);
});

test.each([
  ['bot token', 'invalid_auth'],
  ['bot token', 'account_inactive'],
  ['app token', 'invalid_auth'],
  ['app token', 'not_allowed_token_type'],
] as const)('a wrong %s (%s) is fatal, says what to do, and shows no token', async (which, code) => {
  const slack = await startPeople();
  if (which === 'bot token') slack.revoke(code);
  else slack.revokeApp(code);
  const { channel } = await open(slack);
  const error = await refusal(channel.start());
  expect(error).toMatchObject({ code, fatal: true });
  expect(error.line).toContain(which === 'bot token' ? 'SLACK_BOT_TOKEN' : 'SLACK_APP_TOKEN');
  expect(error.line).not.toContain('TEST-token');
});

test('a token that is revoked later is found while nobody writes', async () => {
  const { slack, host } = await connect({ tokenCheckMs: 50 });
  slack.revoke('token_revoked');
  await until('the loss', () => host.lostBy.length > 0);
  expect(host.lostBy[0]).toMatchObject({ code: 'token_revoked', fatal: true });
});

test.each([[{ how: 'status', status: 500 }], [{ how: 'limit' }], [{ how: 'drop' }]] as const)(
  'trouble at Slack at the start (%j) can be tried again',
  async (fault) => {
    const slack = await startPeople();
    slack.faults.plan('apps.connections.open', fault);
    const { channel } = await open(slack);
    expect(await refusal(channel.start())).toMatchObject({ remedy: 'retry', fatal: false });
  },
);

test('after the stop nothing more comes in', async () => {
  const { slack, host, channel } = await connect();
  await channel.stop();
  const [envelope] = slack.say({ channel: GENERAL, user: ALICE, text: 'anybody?' }).envelopes;
  slack.socket.redeliver();
  await until('the line to be closed', () => slack.open() === 0);
  expect(envelope?.ackedAt).toBeNull();
  expect(host.taken).toEqual([]);
});

test('another program on the same tokens is named, while both work; the next connection alone is without a word', async () => {
  const { slack, host, channel } = await connect();
  expect(host.warning).toBeNull();
  const other = await open(slack);
  await other.channel.start();
  expect(other.host.warning).toContain('Slack counts 2 connections');
  expect(other.host.lostBy).toEqual([]);
  slack.say({ channel: DIRECT, user: ALICE, text: 'hello' });
  await until('the message', () => other.host.taken.length + host.taken.length > 0);
  await channel.stop();
  await other.channel.stop();
  await until('no socket', () => slack.open() === 0);
  const alone = await open(slack);
  await alone.channel.start();
  expect(alone.host.warning).toBeNull();
});
