/** A gateway with the real Slack adapter in front of a fake Slack, and the people who write to it. */
import { type FakeSlack, type SlackSaid, startFakeSlack } from '@mobyclaw/testkit/fake-slack/fake-slack';
import { until } from '@mobyclaw/testkit/until';
import { onTestFinished } from 'vitest';
import { createSlackChannel, type SlackTiming } from '../channels/slack/index.ts';
import { type Harness, type HarnessOptions, openHarness } from './harness.ts';

export const ALICE = 'U0ALICE'; // the owner
export const BOB = 'U0BOB';
export const MALLORY = 'U0MALLORY'; // a stranger
export const DIRECT = 'D0ALICE';
export const GENERAL = 'C0GENERAL';

/** Short, as no test wants to wait for 15 s to learn that nobody answers. */
export const TIMING: SlackTiming = { callMs: 1500, startMs: 3000, pongMs: 1500, tokenCheckMs: 500 };

export interface SlackWorld {
  slack: FakeSlack;
  gateway: Harness;
  /** Alice writes in her direct messages. @returns the `ts` of the message */
  say(text: string, more?: Partial<SlackSaid>): string;
  /** Texts of what Moby wrote there and is still there. */
  texts(channel?: string): string[];
  /** Waits for a text of Moby's that `passes`. */
  reply(passes: (text: string) => boolean, channel?: string): Promise<string>;
  /** Closes the gateway and opens another one on the same data. */
  restart(options?: HarnessOptions): Promise<Harness>;
}

export async function startPeople(): Promise<FakeSlack> {
  const slack = await startFakeSlack();
  onTestFinished(() => slack.close());
  for (const [id, name] of [
    [ALICE, 'Alice'],
    [BOB, 'Bob'],
    [MALLORY, 'Mallory'],
  ] as const) {
    slack.workspace.users.set(id, name);
  }
  slack.workspace.channels.set(GENERAL, 'general');
  return slack;
}

export async function openSlackWorld(options: HarnessOptions = {}): Promise<SlackWorld> {
  const slack = await startPeople();
  const { botToken, appToken, url: apiUrl } = slack;
  const open = (more: HarnessOptions = {}): Promise<Harness> =>
    openHarness({
      ...options,
      ...more,
      env: {
        SLACK_BOT_TOKEN: botToken,
        SLACK_APP_TOKEN: appToken,
        SLACK_API_URL: apiUrl,
        SLACK_ALLOWED_USERS: ALICE,
        ...options.env,
        ...more.env,
      },
      loadChannel: async () => (host) => createSlackChannel({ botToken, appToken, apiUrl }, host, TIMING),
    });
  const world: SlackWorld = {
    slack,
    gateway: await open(),
    say: (text, more = {}) => slack.say({ channel: DIRECT, user: ALICE, text, ...more }).ts,
    texts: (channel = DIRECT) => slack.replies(channel).map(({ text }) => text),
    reply: (passes, channel = DIRECT) =>
      until('a reply', () => world.texts(channel).find(passes), 20_000).catch((error: unknown) => {
        throw new Error(`${(error as Error).message}; there is ${JSON.stringify(world.texts(channel))}`);
      }),
    async restart(more = {}) {
      await world.gateway.close(0);
      world.gateway = await open({ home: world.gateway.home, ...more });
      return world.gateway;
    },
  };
  await isUp(world);
  return world;
}

export async function isUp(world: Pick<SlackWorld, 'gateway'>): Promise<void> {
  await until('the channel to be up', async () => (await statusOf(world))?.state === 'up');
}

export async function statusOf({ gateway }: Pick<SlackWorld, 'gateway'>) {
  return (await gateway.call('GET', '/api/channels')).body.items[0];
}
