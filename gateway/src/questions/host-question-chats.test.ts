/** The question about a host in each messenger: asked with its four answers, answered there, shown as answered. */
import { startFakeEgress } from '@mobyclaw/testkit/fake-egress';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Baileys } from '../channels/whatsapp/library.ts';
import { openDiscordWorld } from '../testing/discord-world.ts';
import { DIRECT, openSlackWorld, ALICE as SLACK_ALICE } from '../testing/slack-world.ts';
import { openTelegramWorld, ALICE as TELEGRAM_ALICE } from '../testing/telegram-world.ts';
import { whatsAppLibrary } from '../testing/whatsapp-library.ts';
import { openWhatsAppWorld } from '../testing/whatsapp-world.ts';

type Environment = Record<string, string>;

/** A message that asks, as it stands in the chat. */
interface Shown {
  text: string;
  /** What is on its buttons, or in its list. */
  answers: string[];
  press(answer: string): void;
}

interface Chat {
  say(text: string): void;
  /** All that Moby has written. */
  shown(): Shown[];
}

async function telegram(env: Environment): Promise<Chat> {
  const world = await openTelegramWorld({ env });
  const chat = TELEGRAM_ALICE.id;
  return {
    say: (text) => void world.say(text),
    shown: () =>
      world.telegram.replies(chat).map(({ id, text, buttons }) => ({
        text,
        answers: buttons.flat().map((button) => button.text),
        press: (label) => void world.telegram.press({ chat, from: TELEGRAM_ALICE, message: id, label }),
      })),
  };
}

async function discord(env: Environment): Promise<Chat> {
  const { discord: server, alice, home } = await openDiscordWorld({ env });
  return {
    say: (text) => void server.say(home, alice, text),
    shown: () =>
      server.shown(home).map((message) => ({
        text: message.content,
        answers: message.components.flatMap((row) => row.components.map(({ label }) => label)),
        press: (label) => void server.press(message, alice, { label }),
      })),
  };
}

async function slack(env: Environment): Promise<Chat> {
  const { slack: server } = await openSlackWorld({ env });
  return {
    say: (text) => void server.say({ channel: DIRECT, user: SLACK_ALICE, text }),
    shown: () =>
      server.replies(DIRECT).map(({ ts, text, blocks }) => ({
        text,
        answers: blocks.flatMap((block) => block.elements ?? []).map((one) => one.text.text),
        press: (label) => void server.press(DIRECT, ts, SLACK_ALICE, { label }),
      })),
  };
}

const LISTED = /^\d\. (.*)$/gm;
const library = await whatsAppLibrary();

async function whatsApp(env: Environment): Promise<Chat> {
  const world = await openWhatsAppWorld(library as Baileys, { env });
  return {
    say: (text) => void world.say(text),
    shown: () =>
      world.whatsApp.shown(world.alice).map(({ text }) => {
        const answers = [...text.matchAll(LISTED)].map(([, answer = '']) => answer);
        return { text, answers, press: (answer) => void world.say(String(answers.indexOf(answer) + 1)) };
      }),
  };
}

async function ask(
  open: (env: Environment) => Promise<Chat>,
  answer: string,
  verdict: string,
): Promise<void> {
  const door = await startFakeEgress();
  onTestFinished(() => door.kill());
  const chat = await open(door.env);
  await until('the gateway to follow', door.isFollowed);
  chat.say('ttft=600000 hello');
  const turn = await until('the door to know the turn', () => door.turns.at(-1)?.[0]?.turn);
  const id = door.ask(turn, 'api.example.com', { port: 8443 });
  const found = () => chat.shown().find(({ text }) => text.includes('api.example.com'));
  const question = await until('the question', () => {
    const shown = found();
    return shown && shown.answers.length > 0 && shown;
  });
  expect(question.answers).toEqual(['Once', 'For this answer', 'Always', 'No']);
  question.press(answer);
  const told = () => door.answers.filter((one) => one.ask === id).map((one) => one.verdict);
  await until('the answer', () => told().includes(verdict));
  await until('the outcome', () => / was (allowed|refused|not allowed)/.test(found()?.text ?? ''));
  expect(found()?.answers).toEqual([]);
}

test.each([
  ['Telegram', telegram],
  ['Discord', discord],
  ['Slack', slack],
] as const)('%s: a host is allowed by a button, and the message then shows that', async (_, open) => {
  await ask(open, 'For this answer', 'answer');
});

describe.skipIf(library === null)('WhatsApp', () => {
  test('a host is allowed by its number, and the message then shows that', async () => {
    await ask(whatsApp, 'For this answer', 'answer');
  });
});
