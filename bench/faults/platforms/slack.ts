import { startFakeSlack } from '@mobyclaw/testkit/fake-slack/fake-slack';
import type { CallKind, FaultyPlatform } from './platform.ts';

const ALICE = 'U0ALICE';
const DIRECT = 'D0ALICE';
const METHODS: Record<CallKind, string> = { any: '*', send: 'chat.postMessage', edit: 'chat.update' };

export async function openSlack(): Promise<FaultyPlatform> {
  const slack = await startFakeSlack();
  slack.workspace.users.set(ALICE, 'Alice');
  const { faults } = slack;
  return {
    platform: 'slack',
    env: {
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_API_URL: slack.url,
      SLACK_ALLOWED_USERS: ALICE,
    },
    say: (text) => void slack.say({ channel: DIRECT, user: ALICE, text }),
    allow(text) {
      const asking = slack.replies(DIRECT).find((one) => one.text.includes(text) && one.blocks.length > 0);
      if (asking) slack.press(DIRECT, asking.ts, ALICE, { label: 'Once' });
    },
    shown: () => slack.replies(DIRECT).map(({ text }) => text),
    limit: (kind, seconds, times) => faults.plan(METHODS[kind], { how: 'limit', retryAfter: seconds }, times),
    outage: (kind, times) => faults.plan(METHODS[kind], { how: 'status', status: 500 }, times),
    hang: (kind, carriedOut) => faults.plan(METHODS[kind], { how: 'hang', after: carriedOut }),
    drop: (kind, carriedOut) => faults.plan(METHODS[kind], { how: 'drop', after: carriedOut }),
    struck: () => faults.taken,
    clear: () => faults.clear(),
    blackHole: () => slack.socket.blackHole(),
    lift: () => slack.socket.thaw(),
    cut: () => slack.cut(),
    repeat: () => slack.socket.redeliver(),
    revoke: () => slack.revoke(),
    restore: () => slack.revoke(null),
    close: () => slack.close(),
  };
}
