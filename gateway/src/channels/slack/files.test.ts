import { uuidv7 } from '@mobyclaw/lib/uuid';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { recordingHost } from '../../testing/recording-host.ts';
import { ALICE, DIRECT, startPeople, TIMING } from '../../testing/slack-world.ts';
import type { OutboundFile } from '../channel.ts';
import { createSlackChannel } from './index.ts';

const TO = `slack:dm:${DIRECT}`;
const FILE: OutboundFile = {
  name: 'table.csv',
  mime: 'text/csv',
  data: Buffer.from('a,b\n'),
};

async function connect() {
  const slack = await startPeople();
  const host = recordingHost();
  const { botToken, appToken, url: apiUrl } = slack;
  const channel = createSlackChannel({ botToken, appToken, apiUrl }, host, TIMING);
  onTestFinished(() => channel.stop());
  await channel.start();
  return { slack, host, channel };
}

function shown({ slack }: Awaited<ReturnType<typeof connect>>) {
  return [...slack.workspace.files.values()].flatMap(({ name, bytes, shares }) =>
    shares.map(({ channel, thread, comment }) => ({
      name,
      text: Buffer.from(bytes).toString(),
      channel,
      thread,
      comment,
    })),
  );
}

test('a file is uploaded and shown where it belongs', async () => {
  const world = await connect();
  const options = { nonce: uuidv7(), replyTo: '2.000001/1.000001' };
  expect(await world.channel.sendFile(TO, FILE, options)).toMatchObject({ status: 'sent' });
  expect(shown(world)).toEqual([
    { name: 'table.csv', text: 'a,b\n', channel: DIRECT, thread: '1.000001', comment: '' },
  ]);
});

test.each([
  ['files.getUploadURLExternal', { how: 'hang' }],
  ['upload', { how: 'status', status: 500 }],
  ['files.completeUploadExternal', { how: 'drop' }],
  ['files.completeUploadExternal', { how: 'drop', after: true }],
  ['files.completeUploadExternal', { how: 'limit', retryAfter: 1 }],
] as const)('where %s fails (%j), the next try shows the file once', async (method, fault) => {
  const world = await connect();
  const options = { nonce: uuidv7() };
  world.slack.faults.plan(method, fault);
  const failed = await world.channel.sendFile(TO, FILE, options);
  expect(failed).toMatchObject({ status: 'failed', error: { remedy: 'retry' } });
  expect(await world.channel.sendFile(TO, FILE, options)).toMatchObject({ status: 'sent' });
  expect(shown(world)).toHaveLength(1);
});

test('a file that came in is fetched with the token, also later', async () => {
  const world = await connect();
  const bytes = Buffer.from('hello file');
  world.slack.say({
    channel: DIRECT,
    user: ALICE,
    file: { name: 'notes.txt', mimetype: 'text/plain', bytes },
  });
  await until('the message', () => world.host.taken.length > 0);
  const [event] = world.host.taken;
  const ref = event?.type === 'message' ? (event.files[0]?.ref ?? '') : '';
  expect(Buffer.from(await world.channel.download(ref, 100)).toString()).toBe('hello file');
  await expect(world.channel.download(ref, 3)).rejects.toMatchObject({ code: 'too-large', remedy: 'none' });
  await expect(world.channel.download('F9999', 100)).rejects.toMatchObject({
    code: 'file_not_found',
    remedy: 'none',
  });
});

test('the token goes to Slack alone, whatever address a file has', async () => {
  const world = await connect();
  const { id } = world.slack.workspace.addFile('x', 'text/plain', Buffer.from('x'));
  const { port } = new URL(world.slack.url);
  for (const host of [`http://localhost:${port}`, 'http://127.0.0.1:1', 'https://slack.com:1', 'nowhere']) {
    world.slack.workspace.fileHost = host;
    await expect(world.channel.download(id, 100)).rejects.toMatchObject({ code: 'external' });
  }
});

test('of a picture, the smaller rendition is fetched where that is wanted', async () => {
  const { slack, host, channel } = await connect();
  const bytes = Buffer.from('picture');
  slack.say({ channel: DIRECT, user: ALICE, file: { name: 'a.heic', mimetype: 'image/heic', bytes } });
  const event = await until('the message', () => host.taken[0]);
  const [file] = event.type === 'message' ? event.files : [];
  const texts = await Promise.all(
    [file?.ref, file?.smaller].map(async (ref) =>
      Buffer.from(await channel.download(ref ?? '', 1000)).toString(),
    ),
  );
  expect(texts).toEqual(['picture', 'pic']);
});
