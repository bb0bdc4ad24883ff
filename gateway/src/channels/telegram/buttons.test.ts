import { type FakeTelegram, startFakeTelegram } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { memoryOf, RecordedHost } from '../../testing/recorded-host.ts';
import { createTelegramChannel } from './index.ts';

const ALICE = { id: 42, first_name: 'Alice', last_name: 'Doe' };
const GROUP = -100500;
const BUTTONS = [
  { id: 'q:once', label: 'Once', style: 'primary' as const },
  { id: 'q:turn', label: 'For this answer' },
  { id: 'q:no', label: 'No', style: 'danger' as const },
];
const part = (text: string) => ({ text, plain: text });

async function connect(given?: FakeTelegram) {
  const telegram = given ?? (await startFakeTelegram());
  if (!given) onTestFinished(() => telegram.close());
  const host = new RecordedHost(memoryOf(new Map()));
  const timing = { holdSeconds: 1, marginMs: 1000, callMs: 1000 };
  const channel = createTelegramChannel({ token: telegram.token, apiRoot: telegram.url }, host, timing);
  onTestFinished(() => channel.stop());
  await channel.start();
  const ask = async (to: string): Promise<number> => {
    const options = { nonce: crypto.randomUUID(), live: false, buttons: BUTTONS };
    const sent = await channel.send(to, part('May I?'), options);
    return sent.status === 'sent' ? Number(sent.ids[0]) : 0;
  };
  return { telegram, host, channel, ask };
}

test('buttons stand below the message two in a row, and go with an edit that has none', async () => {
  const { telegram, channel, ask } = await connect();
  const id = await ask('telegram:dm:42');
  const shown = telegram.chats.find(42, id);
  expect(shown?.buttons.map((row) => row.map(({ text }) => text))).toEqual([
    ['Once', 'For this answer'],
    ['No'],
  ]);
  // The same text without buttons is a change.
  await channel.edit('telegram:dm:42', String(id), part('May I?'), { live: false });
  expect(shown?.buttons).toEqual([]);
});

test('a press comes with who, where and which, and whoever pressed is answered', async () => {
  const { telegram, host, ask } = await connect();
  const id = await ask('telegram:dm:42');
  const query = telegram.press({ chat: 42, message: id, from: ALICE, label: 'No' });
  await until('the answer', () => query && telegram.answerTo(query) !== null);
  expect(host.presses).toEqual([
    {
      account: '4242',
      channel: 'telegram:dm:42',
      messageId: String(id),
      sender: { id: '42', name: 'Alice Doe', bot: false },
      button: 'q:no',
    },
  ]);
  expect(query && telegram.answerTo(query)).toBe('Too late.');
});

test('in a topic of a group, and on a message that Telegram has no longer', async () => {
  const { telegram, host, ask } = await connect();
  const id = await ask(`telegram:group:${GROUP}:topic:7`);
  telegram.press({ chat: GROUP, message: id, from: ALICE, label: 'Once' });
  telegram.press({ chat: GROUP, message: 999, from: ALICE, data: 'q:once' });
  await until('both', () => host.presses.length === 2);
  expect(host.presses.map(({ channel, messageId }) => `${channel} ${messageId}`)).toEqual([
    `telegram:group:${GROUP}:topic:7 ${id}`,
    `telegram:group:${GROUP} 999`,
  ]);
});

test('a press that could not be stored comes again; one that Telegram has forgotten harms nothing', async () => {
  const { telegram, host, channel, ask } = await connect();
  const id = await ask('telegram:dm:42');
  host.refusal = new Error('the disk is full');
  const query = telegram.press({ chat: 42, message: id, from: ALICE, label: 'Once' });
  const polls = telegram.polls();
  await until('it to be offered again', () => telegram.polls() > polls + 1, 5000);
  expect(query && telegram.answerTo(query)).toBeNull();
  host.refusal = null;
  await until('the answer', () => query && telegram.answerTo(query) !== null, 5000);
  expect(host.presses).toHaveLength(1);
  await until('it to be confirmed', () => telegram.chats.confirmed.length > 0);
  await channel.stop();
  await until('the line to be closed', () => !telegram.polling());
  telegram.redeliver();
  const next = await connect(telegram); // the same query, which Telegram takes no second answer for
  await until('its answer', () => telegram.calls('answerCallbackQuery').length === 2);
  expect(next.host.presses).toEqual(host.presses);
  expect(next.host.losses).toEqual([]);
});
