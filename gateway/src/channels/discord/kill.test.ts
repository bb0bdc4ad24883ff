/** SIGKILL to the gateway as a process, at any moment of a conversation: nothing is lost, nothing comes twice. */
import { FakeDiscord } from '@mobyclaw/testkit/fake-discord/fake-discord';
import type { WireMessage } from '@mobyclaw/testkit/fake-discord/wire';
import { onTestFinished, test } from 'vitest';
import { killAtRandom } from '../../testing/kill-at-random.ts';
import { killedGateway } from '../../testing/killed-gateway.ts';

test('killed at random moments of many messages: each is answered once', async () => {
  const discord = await FakeDiscord.start();
  onTestFinished(() => discord.close());
  const people = ['Ann', 'Ben', 'Cat'].map((name) => discord.world.person(name));
  const gateway = await killedGateway({
    DISCORD_BOT_TOKEN: discord.token,
    DISCORD_API_URL: discord.url,
    DISCORD_ALLOWED_USERS: people.map(({ id }) => id).join(),
  });
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
