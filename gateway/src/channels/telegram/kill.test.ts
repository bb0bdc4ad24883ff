/** SIGKILL to the gateway as a process, at any moment of a conversation: nothing is lost, nothing comes twice. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { startFakeTelegram } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';

const PEOPLE = [42, 43, 44, 45].map((id) => ({ id, first_name: `P${id}` }));
const [ALICE] = PEOPLE as [(typeof PEOPLE)[number]];
const MAIN = join(import.meta.dirname, '../../main.ts');
const SEED = Number(process.env.KILL_SEED ?? 7);
const KILLS = Number(process.env.KILLS ?? 6);

async function setUp() {
  const telegram = await startFakeTelegram();
  const agent = await startFakeAgent();
  const home = temporaryFolder();
  let child: ChildProcess | null = null;
  const start = (): ChildProcess => {
    child = spawn(process.execPath, [MAIN], {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        MOBYCLAW_HOME: home,
        MOBYCLAW_PORT: '0',
        MOBYCLAW_AGENT_URL: agent.url,
        TELEGRAM_BOT_TOKEN: telegram.token,
        TELEGRAM_API_ROOT: telegram.url,
        TELEGRAM_ALLOWED_USERS: PEOPLE.map(({ id }) => id).join(),
      },
    });
    return child;
  };
  const kill = async (): Promise<void> => {
    const dying = child;
    if (!dying || dying.exitCode !== null || dying.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      dying.once('exit', () => resolve());
      dying.kill('SIGKILL');
    });
  };
  onTestFinished(async () => {
    await kill();
    await telegram.close();
    await agent.close();
  });
  const texts = (): string[] => PEOPLE.flatMap(({ id }) => telegram.replies(id).map(({ text }) => text));
  return { telegram, agent, start, kill, texts };
}

/** https://en.wikipedia.org/wiki/Linear_congruential_generator, so that a failure can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

test('killed while it streams: the next process finishes the same message', async () => {
  const { telegram, start, kill, texts } = await setUp();
  start();
  telegram.say({ chat: ALICE.id, from: ALICE, text: 'tokens=30 interval=100ms' });
  // Words that come by an edit: the gateway knows its message then. One that is killed before it does cannot.
  await until('an edit', () => texts().some((text) => text.includes('word9')), 20_000);
  const [before] = telegram.replies(ALICE.id);
  await kill();
  start();
  await until('the whole answer', () => texts().some((text) => text.endsWith('word29')), 20_000);
  expect(telegram.replies(ALICE.id).map(({ id }) => id)).toEqual([before?.id]);
});

test('killed at random moments of many messages: each is answered once', async () => {
  const { telegram, start, kill, texts } = await setUp();
  const random = randomFrom(SEED);
  const asked: { id: number; chat: number }[] = [];
  for (let round = 0; round < KILLS; round++) {
    start();
    for (const person of PEOPLE) {
      const slow = random() < 0.5 ? ' tokens=12 interval=60ms' : '';
      const id = telegram.say({ chat: person.id, from: person, text: `q${round}-${person.id}${slow}` });
      asked.push({ id, chat: person.id });
    }
    await new Promise((resolve) => setTimeout(resolve, 300 + random() * 1500)); // the moment is what is random
    await kill();
    if (random() < 0.5) telegram.redeliver();
  }
  start();
  let seen = '';
  let since = 0;
  /** Nothing has changed in the chats for five seconds. */
  const idle = (): boolean => {
    const now = JSON.stringify(texts());
    if (now !== seen) since = Date.now();
    seen = now;
    return Date.now() - since > 5000;
  };
  const answersTo = ({ id, chat }: (typeof asked)[number]): number =>
    telegram.replies(chat).filter(({ replyTo, text }) => replyTo === id && isWhole(text)).length;
  const open = () => asked.filter((one) => answersTo(one) === 0);
  // A send whose result the killed process did not see is not repeated: the person is told, and can ask for it.
  const told = (): boolean => texts().some((text) => text.includes('/resend'));
  await until('all to be answered', () => open().length === 0 || (told() && idle()), 60_000).catch(() => {
    throw new Error(`seed ${SEED}: not answered ${JSON.stringify(open())}; there is ${texts().join('\n')}`);
  });
  const twice = asked.filter((one) => answersTo(one) > 1);
  expect({ seed: SEED, lost: open(), twice }).toEqual({ seed: SEED, lost: [], twice: [] });
}, 180_000);

/** The answer to its end, or the word that it was cut off three times; not what was there when the process was killed. */
function isWhole(text: string): boolean {
  if (text.includes('was started 3 times')) return true;
  return text.startsWith('You said: q') && (!text.includes('tokens=12') || text.endsWith('word11'));
}
