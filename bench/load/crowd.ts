/**
 * The far side of a messenger with a crowd of people who all may talk to Moby, each in direct messages of their own. The
 * platforms' servers are those of the tests, and run in this process, so that the gateway's has nothing but its own work.
 */
import { join } from 'node:path';
import { loadBaileys } from '@mobyclaw/gateway/channels/whatsapp/library';
import type { Platform } from '@mobyclaw/protocol/platform';
import { FakeDiscord } from '@mobyclaw/testkit/fake-discord/fake-discord';
import { startFakeSlack } from '@mobyclaw/testkit/fake-slack/fake-slack';
import { startFakeTelegram } from '@mobyclaw/testkit/fake-telegram/fake-telegram';

export interface Crowd {
  readonly platform: Platform;
  /** What enables the platform in the gateway. */
  readonly env: Readonly<Record<string, string>>;
  /** Leaves in a data folder what the channel needs to be there already. */
  prepare(home: string): void;
  /** @param person from 0 */
  write(person: number, text: string): void;
  /** What Moby wrote to this person and is still there. */
  shown(person: number): string[];
  close(): Promise<void>;
}

const nothing = (): void => undefined;

export async function telegramCrowd(size: number): Promise<Crowd> {
  const telegram = await startFakeTelegram();
  const people = Array.from({ length: size }, (_, index) => ({ id: 1000 + index, first_name: `P${index}` }));
  return {
    platform: 'telegram',
    env: {
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_ROOT: telegram.url,
      TELEGRAM_ALLOWED_USERS: people.map(({ id }) => id).join(),
    },
    prepare: nothing,
    write(person, text) {
      const from = at(people, person);
      telegram.say({ chat: from.id, from, text });
    },
    shown: (person) => telegram.replies(at(people, person).id).map(({ text }) => text),
    close: () => telegram.close(),
  };
}

export async function discordCrowd(size: number): Promise<Crowd> {
  const discord = await FakeDiscord.start();
  const people = Array.from({ length: size }, (_, index) => {
    const user = discord.world.person(`P${index}`);
    return { user, chat: discord.world.direct(user) };
  });
  return {
    platform: 'discord',
    env: {
      DISCORD_BOT_TOKEN: discord.token,
      DISCORD_API_URL: discord.url,
      DISCORD_ALLOWED_USERS: people.map(({ user }) => user.id).join(),
    },
    prepare: nothing,
    write(person, text) {
      const { user, chat } = at(people, person);
      discord.say(chat, user, text);
    },
    shown: (person) => discord.shown(at(people, person).chat).map(({ content }) => content),
    close: () => discord.close(),
  };
}

export async function slackCrowd(size: number): Promise<Crowd> {
  const slack = await startFakeSlack();
  const people = Array.from({ length: size }, (_, index) => ({
    user: `U0P${index}`,
    channel: `D0P${index}`,
  }));
  for (const { user } of people) slack.workspace.users.set(user, user);
  return {
    platform: 'slack',
    env: {
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_API_URL: slack.url,
      SLACK_ALLOWED_USERS: people.map(({ user }) => user).join(),
    },
    prepare: nothing,
    write(person, text) {
      slack.say({ ...at(people, person), text });
    },
    shown: (person) => slack.replies(at(people, person).channel).map(({ text }) => text),
    close: () => slack.close(),
  };
}

/** @throws ChannelError `not-installed` where the library of WhatsApp is not there */
export async function whatsAppCrowd(size: number): Promise<Crowd> {
  const library = await loadBaileys();
  const { FakeWhatsApp } = await import('@mobyclaw/testkit/fake-whatsapp/fake-whatsapp');
  const { logIn } = await import('@mobyclaw/gateway/testing/whatsapp-login');
  type Library = Parameters<typeof FakeWhatsApp.start>[0];
  const whatsApp = await FakeWhatsApp.start(library as unknown as Library);
  const people = Array.from({ length: size }, (_, index) => whatsApp.person(String(491_700_100_000 + index)));
  return {
    platform: 'whatsapp',
    env: {
      WHATSAPP_AUTH: 'qr',
      WHATSAPP_WEB_URL: whatsApp.url,
      WHATSAPP_ALLOWED_USERS: people.map(({ number }) => number).join(),
    },
    prepare: (home) => void logIn(library, join(home, 'gateway/channels/whatsapp')),
    write(person, text) {
      whatsApp.say({ from: at(people, person), text });
    },
    shown: (person) => whatsApp.shown(at(people, person)).map(({ text }) => text),
    close: () => whatsApp.close(),
  };
}

function at<T>(people: readonly T[], person: number): T {
  const found = people[person];
  if (found === undefined) throw new Error(`there is no person ${person}`);
  return found;
}
