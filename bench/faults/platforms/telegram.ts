import { startFakeTelegram } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import type { CallKind, FaultyPlatform } from './platform.ts';

const ALICE = { id: 42, first_name: 'Alice' };
const METHODS: Record<CallKind, string> = { any: '*', send: 'sendMessage', edit: 'sendMessageDraft' };

export async function openTelegram(): Promise<FaultyPlatform> {
  const telegram = await startFakeTelegram();
  const { faults } = telegram;
  /** In private chats an answer streams as a draft, and is a send in the end. */
  const toTheEnd = (kind: CallKind): string[] =>
    kind === 'edit' ? [METHODS.edit, METHODS.send] : [METHODS[kind]];
  return {
    platform: 'telegram',
    env: {
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_ROOT: telegram.url,
      TELEGRAM_ALLOWED_USERS: String(ALICE.id),
    },
    say: (text) => void telegram.say({ chat: ALICE.id, from: ALICE, text }),
    previews: () => telegram.drafts(ALICE.id),
    allow(text) {
      const asking = telegram
        .replies(ALICE.id)
        .find((one) => one.text.includes(text) && one.buttons.length > 0);
      if (asking) telegram.press({ chat: ALICE.id, message: asking.id, from: ALICE, label: 'Once' });
    },
    shown: () => telegram.replies(ALICE.id).map(({ text }) => text),
    limit(kind, seconds, times) {
      const description = `Too Many Requests: retry after ${seconds}`;
      const fault = { how: 'refuse', code: 429, description, retryAfter: seconds } as const;
      for (const method of toTheEnd(kind)) faults.plan(method, fault, times);
    },
    outage(kind, times) {
      for (const method of toTheEnd(kind)) faults.plan(method, { how: 'status', status: 500 }, times);
    },
    hang: (kind, carriedOut) => faults.plan(METHODS[kind], { how: 'hang', after: carriedOut }),
    drop: (kind, carriedOut) => faults.plan(METHODS[kind], { how: 'drop', after: carriedOut }),
    struck: () => faults.taken,
    clear: () => faults.clear(),
    blackHole: () => telegram.blackHole(),
    lift: () => undefined, // its connections are read all the time
    cut: () => telegram.cut(),
    repeat: () => telegram.redeliver(),
    revoke: () => telegram.revoke(),
    restore: () => telegram.revoke(false),
    conflict: () => telegram.pollElsewhere(),
    close: () => telegram.close(),
  };
}
