/** Documents that are made to end the gateway, sent to one that runs as its users have it. */
import { startFakeTelegram } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { killedGateway } from '../../testing/killed-gateway.ts';
import { bombOf, pdfOf } from '../../testing/pdf.ts';

const MALLORY = { id: 666, first_name: 'Mallory' };
const ALICE = { id: 42, first_name: 'Alice' };

async function setUp() {
  const telegram = await startFakeTelegram();
  onTestFinished(() => telegram.close());
  const gateway = await killedGateway({
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_ALLOWED_USERS: [ALICE.id, MALLORY.id].join(),
  });
  gateway.start();
  const send = (bytes: Uint8Array) =>
    telegram.say({
      chat: MALLORY.id,
      from: MALLORY,
      text: 'read this',
      document: { name: 'plan.pdf', mime: 'application/pdf', bytes },
    });
  const reply = (chat: number, words: string) =>
    until(`"${words}"`, () => telegram.replies(chat).find(({ text }) => text.includes(words)), 30_000);
  return { telegram, gateway, send, reply };
}

test('a PDF that unpacks to gigabytes: its sender is told, and everybody else is answered meanwhile', async () => {
  const { telegram, gateway, send, reply } = await setUp();
  send(bombOf(3000));
  telegram.say({ chat: ALICE.id, from: ALICE, text: 'are you there?' });
  await reply(ALICE.id, 'are you there?');
  await reply(MALLORY.id, '"plan.pdf" takes more memory or time to read');
  send(pdfOf(['a harmless one']));
  await reply(MALLORY.id, 'You said: read this');
  gateway.mustLive();
  expect(gateway.log()).not.toContain('could not be worked on');
});

test('a message in whose midst the gateway is killed is begun with twice, then refused', async () => {
  const { telegram, gateway, send, reply } = await setUp();
  telegram.faults.plan('file', { how: 'hang' }, Number.POSITIVE_INFINITY);
  send(pdfOf(['whatever']));
  for (const time of [1, 2]) {
    await until(`time ${time}`, () => telegram.faults.taken === time, 20_000);
    await gateway.kill();
    gateway.start();
  }
  await reply(MALLORY.id, 'Twice I broke off');
  telegram.faults.clear();
  send(pdfOf(['another one']));
  await reply(MALLORY.id, 'You said: read this');
  gateway.mustLive();
  expect(telegram.faults.taken).toBe(2);
  expect(telegram.replies(MALLORY.id)).toHaveLength(2);
});
