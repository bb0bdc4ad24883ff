/** Questions to the owner in Slack. */
import { ASKING_AGENT } from '../../testing/asking-agent.ts';
import { type QuestionDoor, questionCases } from '../../testing/question-cases.ts';
import {
  ALICE,
  BOB,
  DIRECT,
  GENERAL,
  isUp,
  openSlackWorld,
  type SlackWorld,
} from '../../testing/slack-world.ts';

let world: SlackWorld;

async function open(): Promise<QuestionDoor> {
  world = await openSlackWorld({ agent: ASKING_AGENT });
  const here = world;
  const { slack } = here;
  const { whispers } = slack.workspace;
  const at = (group = false): string => (group ? GENERAL : DIRECT);
  return {
    name: 'Slack',
    gateway: () => here.gateway,
    say: (text, { group = false } = {}) =>
      slack.say({ channel: at(group), user: ALICE, text: group ? `<@U0MOBY> ${text}` : text }),
    shown: (group) =>
      slack.replies(at(group)).map(({ ts, text, blocks }) => {
        const elements = blocks.flatMap((block) => block.elements ?? []);
        const buttons = elements.map((one) => ({ label: one.text.text, data: one.value }));
        return { id: ts, text, buttons };
      }),
    press({ message, label, data, by, elsewhere = false }, group) {
      const before = whispers.length;
      slack.press(at(group), message, by === 'guest' ? BOB : ALICE, {
        ...(label === undefined ? {} : { label }),
        ...(data === undefined ? {} : { data }),
        ...(elsewhere ? { elsewhere: at(!group) } : {}),
      });
      return () => whispers[before]?.text ?? null;
    },
    async openGroup() {
      await here.gateway.call('POST', `/api/channels/slack:channel:${GENERAL}/allow`, { body: {} });
    },
    async restart() {
      await here.restart();
      await isUp(here);
    },
  };
}

questionCases(open, {
  'a limit': () => world.slack.faults.plan('chat.postMessage', { how: 'limit', retryAfter: 1 }, 2),
  'trouble at Slack': () => world.slack.faults.plan('chat.postMessage', { how: 'status', status: 502 }),
  'a call that hangs': () => world.slack.faults.plan('chat.postMessage', { how: 'hang' }),
  'a call that hangs although it was carried out': () =>
    world.slack.faults.plan('chat.postMessage', { how: 'hang', after: true }),
  'a line that drops in a call that was carried out': () =>
    world.slack.faults.plan('chat.postMessage', { how: 'drop', after: true }),
  'every line that is reset': () => world.slack.cut(),
});
