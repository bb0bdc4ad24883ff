import { uuidv7 } from '@mobyclaw/lib/uuid';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { recordingHost } from '../../testing/recording-host.ts';
import { ALICE, DIRECT, GENERAL, startPeople, TIMING } from '../../testing/slack-world.ts';
import { createSlackChannel } from './index.ts';

const TO = `slack:dm:${DIRECT}`;
const BUTTONS = [
  { id: 'q:once', label: 'Once', style: 'primary' as const },
  { id: 'q:no', label: 'No', style: 'danger' as const },
];
const part = (text: string, plain = text) => ({ text, plain });

async function connect() {
  const slack = await startPeople();
  const host = recordingHost();
  const { botToken, appToken, url: apiUrl } = slack;
  const channel = createSlackChannel({ botToken, appToken, apiUrl }, host, TIMING);
  onTestFinished(() => channel.stop());
  await channel.start();
  const ask = async (to: string, text = '*May I?*'): Promise<string> => {
    const options = { nonce: uuidv7(), live: false, buttons: BUTTONS };
    const sent = await channel.send(to, part(text, 'May I?'), options);
    return sent.status === 'sent' ? (sent.ids[0] ?? '') : '';
  };
  return { slack, host, channel, ask };
}

test('text and buttons are blocks, the text is what a notification shows; an edit takes them away', async () => {
  const { slack, channel, ask } = await connect();
  const ts = await ask(TO);
  const shown = slack.workspace.find(DIRECT, ts);
  expect(shown?.text).toBe('*May I?*');
  expect(shown?.blocks.map(({ type }) => type)).toEqual(['section', 'actions']);
  expect(shown?.blocks[0]?.text).toMatchObject({ type: 'mrkdwn', text: '*May I?*' });
  expect(shown?.blocks[1]?.elements?.map(({ value, text }) => `${text.text} ${value}`)).toEqual([
    'Once q:once',
    'No q:no',
  ]);
  await channel.edit(TO, ts, part('Done.'), { live: false });
  expect(shown).toMatchObject({ text: 'Done.', blocks: [] });
});

test('a text that is longer than a section takes is shown whole', async () => {
  const { slack, ask } = await connect();
  const text = 'x'.repeat(3500);
  const ts = await ask(TO, text);
  const pieces = slack.workspace.find(DIRECT, ts)?.blocks.map((block) => block.text?.text ?? '');
  expect(pieces?.join('')).toBe(text);
});

test('a press comes with who, where and which, in a thread too; what does not count is whispered', async () => {
  const { slack, host, ask } = await connect();
  const root = slack.say({ channel: GENERAL, user: ALICE, text: '<@U0MOBY> go' }).ts;
  const ts = await ask(`slack:channel:${GENERAL}:thread:${root}`);
  slack.press(GENERAL, ts, ALICE, { label: 'No' });
  await until('the whisper', () => slack.workspace.whispers.length > 0);
  expect(host.presses).toEqual([
    {
      account: 'T0TEAM/U0MOBY',
      channel: `slack:channel:${GENERAL}:thread:${root}`,
      messageId: ts,
      sender: { id: ALICE, name: 'Alice', bot: false },
      button: 'q:no',
    },
  ]);
  expect(slack.workspace.whispers).toEqual([{ channel: GENERAL, user: ALICE, text: 'Too late.' }]);
  host.pressAnswer = { text: 'Noted.', accepted: true };
  const envelope = slack.press(DIRECT, await ask(TO), ALICE, { label: 'Once' });
  await until('the acknowledgement', () => envelope?.ackedAt);
  expect(host.presses[1]?.channel).toBe(TO);
  expect(slack.workspace.whispers).toHaveLength(1);
});

test('a press that could not be stored is not acknowledged, so that Slack shows that it failed', async () => {
  const { slack, host, ask } = await connect();
  const ts = await ask(TO);
  host.pressed = async () => {
    throw new Error('the disk is full');
  };
  const failed = slack.press(DIRECT, ts, ALICE, { label: 'Once' });
  await until('the line in the log', () => host.logged.some(({ msg }) => String(msg).includes('not ack')));
  expect(failed?.ackedAt).toBeNull();
});
