/** SIGKILL to the gateway as a process, at any moment of a conversation: nothing is lost, nothing comes twice. */
import { FakeDiscord } from '@mobyclaw/testkit/fake-discord/fake-discord';
import type { WireMessage } from '@mobyclaw/testkit/fake-discord/wire';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { killAtRandom } from '../../testing/kill-at-random.ts';
import { killedGateway } from '../../testing/killed-gateway.ts';

async function setUp() {
  const discord = await FakeDiscord.start();
  onTestFinished(() => discord.close());
  const people = ['Ann', 'Ben', 'Cat'].map((name) => discord.world.person(name));
  const gateway = await killedGateway({
    DISCORD_BOT_TOKEN: discord.token,
    DISCORD_API_URL: discord.url,
    DISCORD_ALLOWED_USERS: people.map(({ id }) => id).join(),
  });
  return { discord, gateway, people };
}

test('killed while the first words are being sent: the next process goes on in that message', async () => {
  const { discord, gateway, people } = await setUp();
  const [ann] = people as [(typeof people)[number]];
  const chat = discord.world.direct(ann);
  const texts = (): string[] => discord.shown(chat).map(({ content }) => content);
  gateway.start();
  await until('a connection', () => discord.gateway.identifies > 0, 30_000);
  discord.faults.plan('POST', /^\/channels\/\d+\/messages$/, { kind: 'hang-after' });
  discord.say(chat, ann, 'tokens=60 interval=100ms');
  await until('the first words', () => texts().length > 0, 20_000);
  await gateway.kill();
  gateway.start();
  await until('the whole answer', () => texts().some((text) => text.endsWith('word59')), 40_000);
  expect(texts()).toHaveLength(1);
}, 120_000);

test('killed at random moments of many messages: each is answered once', async () => {
  const { discord, gateway, people } = await setUp();
  const said: WireMessage[] = [];
  const chats = people.map((person) => {
    const chat = discord.world.direct(person);
    return {
      say: (text: string) => void said.push(discord.say(chat, person, text)),
      texts: () => discord.shown(chat).map(({ content }) => content),
    };
  });
  const redeliver = (): void => {
    for (const d of said) discord.gateway.dispatch({ t: 'MESSAGE_CREATE', d: structuredClone(d) });
  };
  const connected = (): boolean => discord.gateway.identifies > 0; // Discord brings nothing from before the first login
  await killAtRandom({ gateway, chats, seed: 13, connected, redeliver });
}, 180_000);
