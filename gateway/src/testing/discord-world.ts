/** A gateway with the real Discord adapter in front of a fake Discord, and the people who write to it. */
import { FakeDiscord } from '@mobyclaw/testkit/fake-discord/fake-discord';
import type { WireChannel, WireMessage, WireUser } from '@mobyclaw/testkit/fake-discord/wire';
import { until } from '@mobyclaw/testkit/until';
import { onTestFinished } from 'vitest';
import { createDiscordChannel, type DiscordTiming } from '../channels/discord/index.ts';
import { type Harness, type HarnessOptions, openHarness } from './harness.ts';

/** Short, as no test wants to wait for 15 s to learn that nobody answers. */
const TIMING: DiscordTiming = { callMs: 1500, startMs: 5000, probeMs: 200 };

export interface DiscordWorld {
  discord: FakeDiscord;
  gateway: Harness;
  /** The owner. */
  alice: WireUser;
  /** Her direct messages. */
  home: WireChannel;
  /** Alice writes there, or in another channel. */
  say(text: string, channel?: WireChannel): WireMessage;
  /** Texts of what Moby shows. */
  texts(channel?: WireChannel): string[];
  /** Those of them that are answers, and not words about the queue. */
  answers(): string[];
  /** Waits for a text of Moby's that `passes`. */
  reply(passes: (text: string) => boolean, channel?: WireChannel): Promise<string>;
  status(): Promise<{ state: string; reason: string | null; fatal: boolean; connects: number } | undefined>;
  /** Closes the gateway and opens another one on the same data. `meanwhile` happens in between. */
  restart(meanwhile?: () => void): Promise<Harness>;
}

export async function openDiscordWorld(
  options: HarnessOptions & {
    timing?: Partial<DiscordTiming>;
    prepare?: (discord: FakeDiscord) => void;
  } = {},
): Promise<DiscordWorld> {
  const { timing, prepare, ...rest } = options;
  const discord = await FakeDiscord.start();
  onTestFinished(() => discord.close());
  prepare?.(discord);
  const { token } = discord;
  const alice = discord.world.person('Alice');
  const open = (more: HarnessOptions = {}): Promise<Harness> =>
    openHarness({
      ...rest,
      ...more,
      env: {
        DISCORD_BOT_TOKEN: token,
        DISCORD_API_URL: discord.url,
        DISCORD_ALLOWED_USERS: alice.id,
        ...rest.env,
      },
      loadChannel: async () => (host) =>
        createDiscordChannel({ token, apiUrl: discord.url, owners: [alice.id] }, host, {
          ...TIMING,
          ...timing,
        }),
    });
  const home = discord.world.direct(alice);
  const world: DiscordWorld = {
    discord,
    alice,
    home,
    gateway: await open(),
    say: (text, channel = home) => discord.say(channel, alice, text),
    texts: (channel = home) => discord.shown(channel).map(({ content }) => content),
    answers: () => world.texts().filter((text) => text.startsWith('You said:')),
    reply: (passes, channel = home) =>
      until('a reply', () => world.texts(channel).find(passes), 20_000).catch((error: unknown) => {
        throw new Error(`${(error as Error).message}; there is ${JSON.stringify(world.texts(channel))}`);
      }),
    async status() {
      const { body } = await world.gateway.call('GET', '/api/channels');
      return body.items[0];
    },
    async restart(meanwhile) {
      await world.gateway.close(0);
      meanwhile?.();
      world.gateway = await open({ home: world.gateway.home });
      await connected(world);
      return world.gateway;
    },
  };
  if (!prepare) await connected(world);
  return world;
}

function connected(world: DiscordWorld): Promise<unknown> {
  return until('the channel to be up', async () => (await world.status())?.state === 'up', 20_000);
}
