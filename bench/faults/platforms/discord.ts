import { FakeDiscord } from '@mobyclaw/testkit/fake-discord/fake-discord';
import type { Fault } from '@mobyclaw/testkit/fake-discord/faults';
import type { WireMessage } from '@mobyclaw/testkit/fake-discord/wire';
import type { CallKind, FaultyPlatform } from './platform.ts';

const ANY = /./;
const CALLS: Record<CallKind, readonly (readonly [method: string, path: RegExp])[]> = {
  any: [
    ['GET', ANY],
    ['POST', ANY],
    ['PATCH', ANY],
    ['PUT', ANY],
  ],
  send: [['POST', /^\/channels\/\d+\/messages$/]],
  edit: [['PATCH', /^\/channels\/\d+\/messages\/\d+$/]],
};

export async function openDiscord(): Promise<FaultyPlatform> {
  const discord = await FakeDiscord.start();
  const { faults, gateway, world, token } = discord;
  const alice = world.person('Alice');
  const home = world.direct(alice);
  const said: WireMessage[] = [];
  const plan = (kind: CallKind, fault: Fault, times = 1): void => {
    for (const [method, path] of CALLS[kind]) faults.plan(method, path, fault, times);
  };
  return {
    platform: 'discord',
    env: {
      DISCORD_BOT_TOKEN: token,
      DISCORD_API_URL: discord.url,
      DISCORD_ALLOWED_USERS: alice.id,
    },
    say: (text) => void said.push(discord.say(home, alice, text)),
    allow(text) {
      const asking = discord
        .shown(home)
        .find(({ content, components }) => content.includes(text) && components.length > 0);
      if (asking) discord.press(asking, alice, { label: 'Once' });
    },
    shown: () => discord.shown(home).map(({ content }) => content),
    limit: (kind, seconds, times) => plan(kind, { kind: 'rate-limit', retryAfter: seconds }, times),
    outage: (kind, times) => plan(kind, { kind: 'status', status: 500 }, times),
    hang: (kind, carriedOut) => plan(kind, { kind: carriedOut ? 'hang-after' : 'hang' }),
    drop: (kind, carriedOut) => plan(kind, { kind: carriedOut ? 'cut-after' : 'cut' }),
    struck: () => faults.taken,
    clear: () => faults.clear(),
    blackHole: () => gateway.blackHole(),
    lift: () => gateway.liftBlackHole(),
    cut: () => gateway.drop(),
    repeat() {
      for (const message of said) gateway.dispatch({ t: 'MESSAGE_CREATE', d: structuredClone(message) });
    },
    revoke() {
      discord.token = 'another-token';
      gateway.closeWith(4004);
    },
    restore() {
      discord.token = token;
    },
    invalidate: () => gateway.invalidate(),
    close: () => discord.close(),
  };
}
