/** SIGKILL to the gateway as a process, at any moment of a conversation: nothing is lost, nothing comes twice. */
import { startFakeTelegram } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { killAtRandom } from '../../testing/kill-at-random.ts';
import { killedGateway } from '../../testing/killed-gateway.ts';

const PEOPLE = [42, 43, 44, 45].map((id) => ({ id, first_name: `P${id}` }));
const [ALICE] = PEOPLE as [(typeof PEOPLE)[number]];

async function setUp() {
  const telegram = await startFakeTelegram();
  onTestFinished(() => telegram.close());
  const gateway = await killedGateway({
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_ALLOWED_USERS: PEOPLE.map(({ id }) => id).join(),
  });
  const texts = (chat: number): string[] => telegram.replies(chat).map(({ text }) => text);
  return { telegram, gateway, texts };
}

test('killed while it draws a draft: the next process draws it anew, and one message stays, which is whole', async () => {
  const { telegram, gateway, texts } = await setUp();
  gateway.start();
  telegram.say({ chat: ALICE.id, from: ALICE, text: 'tokens=30 interval=100ms' });
  await until(
    'a draft',
    () => telegram.drafts(ALICE.id).some((text) => text.startsWith('You said:')),
    20_000,
  );
  await gateway.kill();
  const drawn = telegram.calls('sendMessageDraft').length;
  expect(texts(ALICE.id)).toEqual([]);
  gateway.start();
  await until('the whole answer', () => texts(ALICE.id).some((text) => text.endsWith('word29')), 20_000);
  expect(telegram.calls('sendMessageDraft').length).toBeGreaterThan(drawn);
  expect(telegram.replies(ALICE.id)).toHaveLength(1);
  expect(telegram.drafts(ALICE.id)).toEqual([]);
});

test('killed while it streams by edits: the next process finishes the same message', async () => {
  const { telegram, gateway, texts } = await setUp();
  telegram.knowDrafts(false);
  gateway.start();
  telegram.say({ chat: ALICE.id, from: ALICE, text: 'tokens=30 interval=100ms' });
  // Words that come by an edit: the gateway knows its message then. One that is killed before it does cannot.
  await until('an edit', () => texts(ALICE.id).some((text) => text.includes('word9')), 20_000);
  const [before] = telegram.replies(ALICE.id);
  await gateway.kill();
  gateway.start();
  await until('the whole answer', () => texts(ALICE.id).some((text) => text.endsWith('word29')), 20_000);
  expect(telegram.replies(ALICE.id).map(({ id }) => id)).toEqual([before?.id]);
});

test('killed at random moments of many messages: each is answered once', async () => {
  const { telegram, gateway, texts } = await setUp();
  const chats = PEOPLE.map((from) => ({
    say: (text: string) => void telegram.say({ chat: from.id, from, text }),
    texts: () => texts(from.id),
  }));
  await killAtRandom({
    gateway,
    chats,
    seed: 7,
    kills: 6,
    redeliver: () => telegram.redeliver(),
    doubts: true,
  });
}, 180_000);
