/** A gateway with the real Telegram adapter in front of a fake Bot API, and the people who write to it. */
import { type FakeTelegram, startFakeTelegram } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { until } from '@mobyclaw/testkit/until';
import { onTestFinished } from 'vitest';
import { createTelegramChannel, type TelegramTiming } from '../channels/telegram/index.ts';
import { type Harness, type HarnessOptions, openHarness } from './harness.ts';

export const ALICE = { id: 42, first_name: 'Alice', username: 'alice' }; // the owner
export const MALLORY = { id: 666, first_name: 'Mallory' }; // a stranger
export const BOB = { id: 77, first_name: 'Bob' };
export const GROUP = -100500;

/** Short, as no test wants to wait for 20 s to learn that nobody answers. */
const TIMING: TelegramTiming = { holdSeconds: 2, marginMs: 1500, callMs: 1500 };

export interface TelegramWorld {
  telegram: FakeTelegram;
  gateway: Harness;
  /** Alice writes in her direct messages. @returns the id of the message */
  say(text: string): number;
  /** Texts of what Moby wrote there and is still there. */
  texts(chat?: number): string[];
  /** Waits for a draft there that `passes`. */
  draft(passes: (text: string) => boolean): Promise<string>;
  /** Waits for a text of Moby's that `passes`. */
  reply(passes: (text: string) => boolean, chat?: number): Promise<string>;
  /** Closes the gateway and opens another one on the same data. */
  restart(options?: HarnessOptions): Promise<Harness>;
}

export async function openTelegramWorld(
  options: HarnessOptions & { telegram?: FakeTelegram; timing?: TelegramTiming; drafts?: boolean } = {},
): Promise<TelegramWorld> {
  const { telegram: given, timing = TIMING, drafts = true, ...rest } = options;
  const telegram = given ?? (await startFakeTelegram());
  if (!given) onTestFinished(() => telegram.close());
  telegram.knowDrafts(drafts);
  telegram.chats.groups.set(GROUP, 'Family');
  const open = (more: HarnessOptions = {}): Promise<Harness> =>
    openHarness({
      ...rest,
      ...more,
      env: {
        TELEGRAM_BOT_TOKEN: telegram.token,
        TELEGRAM_API_ROOT: telegram.url,
        TELEGRAM_ALLOWED_USERS: String(ALICE.id),
        ...rest.env,
        ...more.env,
      },
      loadChannel: async () => (host) =>
        createTelegramChannel({ token: telegram.token, apiRoot: telegram.url }, host, timing),
    });
  const world: TelegramWorld = {
    telegram,
    gateway: await open(),
    say: (text) => telegram.say({ chat: ALICE.id, from: ALICE, text }),
    texts: (chat = ALICE.id) => telegram.replies(chat).map(({ text }) => text),
    reply: (passes, chat = ALICE.id) =>
      until('a reply', () => world.texts(chat).find(passes), 20_000).catch((error: unknown) => {
        throw new Error(`${(error as Error).message}; there is ${JSON.stringify(world.texts(chat))}`);
      }),
    draft: (passes) => until('a draft', () => telegram.drafts(ALICE.id).find(passes), 20_000),
    async restart(more = {}) {
      await world.gateway.close(0);
      world.gateway = await open({ home: world.gateway.home, ...more });
      return world.gateway;
    },
  };
  await until('the channel to be up', async () => {
    const { body } = await world.gateway.call('GET', '/api/channels');
    return body.items[0]?.state === 'up';
  });
  return world;
}
