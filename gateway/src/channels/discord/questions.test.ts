/** Questions to the owner in Discord. */
import { ASKING_AGENT } from '../../testing/asking-agent.ts';
import { type DiscordWorld, openDiscordWorld } from '../../testing/discord-world.ts';
import { type QuestionDoor, questionCases } from '../../testing/question-cases.ts';

const MESSAGES = /^\/channels\/\d+\/messages$/;
let world: DiscordWorld;

async function open(): Promise<QuestionDoor> {
  world = await openDiscordWorld({ agent: ASKING_AGENT });
  const here = world;
  const { discord, alice, home } = here;
  const bob = discord.world.person('Bob');
  const general = discord.world.channel('general');
  const at = (group = false) => (group ? general : home);
  return {
    name: 'Discord',
    gateway: () => here.gateway,
    say: (text, { group = false, replyTo } = {}) =>
      discord.say(at(group), alice, group ? `<@${discord.world.bot.id}> ${text}` : text, {
        ...(replyTo === undefined ? {} : { replyTo }),
      }),
    shown: (group) =>
      discord.shown(at(group)).map(({ id, content, components }) => {
        const buttons = components.flatMap((row) =>
          row.components.map(({ label, custom_id }) => ({ label, data: custom_id })),
        );
        return { id, text: content, buttons };
      }),
    press({ message: id, label, data, by, elsewhere = false }, group) {
      const message = discord.world.messages.get(id);
      const what = {
        ...(label === undefined ? {} : { label }),
        ...(data === undefined ? {} : { data }),
        ...(elsewhere ? { elsewhere: at(!group) } : {}),
      };
      const token = message ? discord.press(message, by === 'guest' ? bob : alice, what) : null;
      return () => (token === null ? null : discord.answerTo(token));
    },
    async openGroup() {
      await here.gateway.call('POST', `/api/channels/discord:channel:${general.id}/allow`, { body: {} });
    },
    restart: () => here.restart(),
  };
}

questionCases(open, {
  'a limit on all calls': () =>
    world.discord.faults.plan('POST', MESSAGES, { kind: 'rate-limit', retryAfter: 1 }, 2),
  'trouble at Discord': () => world.discord.faults.plan('POST', MESSAGES, { kind: 'status', status: 502 }),
  'a call that hangs': () => world.discord.faults.plan('POST', MESSAGES, { kind: 'hang' }),
  'a call that hangs although it was carried out': () =>
    world.discord.faults.plan('POST', MESSAGES, { kind: 'hang-after' }),
  'a line that is cut in a call that was carried out': () =>
    world.discord.faults.plan('POST', MESSAGES, { kind: 'cut-after' }),
  'a gateway that drops the line': () => world.discord.gateway.drop(),
});
