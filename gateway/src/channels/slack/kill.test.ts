/** SIGKILL to the gateway as a process, at any moment of a conversation: nothing is lost, nothing comes twice. */
import { startFakeSlack } from '@mobyclaw/testkit/fake-slack/fake-slack';
import { onTestFinished, test } from 'vitest';
import { killAtRandom } from '../../testing/kill-at-random.ts';
import { killedGateway } from '../../testing/killed-gateway.ts';

const PEOPLE = ['U0ANN', 'U0BEN', 'U0CAT'];

test('killed at random moments of many messages: each is answered once', async () => {
  const slack = await startFakeSlack();
  onTestFinished(() => slack.close());
  const gateway = await killedGateway({
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_API_URL: slack.url,
    SLACK_ALLOWED_USERS: PEOPLE.join(),
  });
  const chats = PEOPLE.map((user) => {
    const channel = user.replace('U', 'D');
    return {
      say: (text: string) => void slack.say({ channel, user, text }),
      texts: () => slack.replies(channel).map(({ text }) => text),
    };
  });
  await killAtRandom({ gateway, chats, seed: 11, redeliver: () => slack.socket.redeliver() });
}, 180_000);
