/** SIGKILL to the gateway as a process, at any moment of a conversation: nothing is lost, nothing comes twice. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { startFakeSlack } from '@mobyclaw/testkit/fake-slack/fake-slack';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';

const PEOPLE = ['U0ANN', 'U0BEN', 'U0CAT'];
const MAIN = join(import.meta.dirname, '../../main.ts');
const SEED = Number(process.env.KILL_SEED ?? 11);
const KILLS = Number(process.env.KILLS ?? 5);

async function setUp() {
  const slack = await startFakeSlack();
  const agent = await startFakeAgent();
  const home = temporaryFolder();
  let child: ChildProcess | null = null;
  const start = (): void => {
    child = spawn(process.execPath, [MAIN], {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        MOBYCLAW_HOME: home,
        MOBYCLAW_PORT: '0',
        MOBYCLAW_AGENT_URL: agent.url,
        SLACK_BOT_TOKEN: slack.botToken,
        SLACK_APP_TOKEN: slack.appToken,
        SLACK_API_URL: slack.url,
        SLACK_ALLOWED_USERS: PEOPLE.join(),
      },
    });
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
    await slack.close();
    await agent.close();
  });
  const texts = (user: string): string[] => slack.replies(chatOf(user)).map(({ text }) => text);
  return { slack, start, kill, texts };
}

function chatOf(user: string): string {
  return user.replace('U', 'D');
}

/** https://en.wikipedia.org/wiki/Linear_congruential_generator, so that a failure can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

test('killed at random moments of many messages: each is answered once', async () => {
  const { slack, start, kill, texts } = await setUp();
  const random = randomFrom(SEED);
  const asked: { user: string; name: string }[] = [];
  for (let round = 0; round < KILLS; round++) {
    start();
    for (const user of PEOPLE) {
      const name = `q${round}-${user}`;
      const slow = random() < 0.5 ? ' tokens=12 interval=60ms' : '';
      slack.say({ channel: chatOf(user), user, text: `${name}${slow}` });
      asked.push({ user, name });
    }
    await new Promise((resolve) => setTimeout(resolve, 500 + random() * 1500)); // the moment is what is random
    await kill();
    if (random() < 0.5) slack.socket.redeliver();
  }
  start();
  const open = (): string[] =>
    PEOPLE.filter(
      (user) => texts(user).filter(isWhole).length < asked.filter((one) => one.user === user).length,
    );
  await until('all to be answered', () => open().length === 0, 90_000).catch(() => {
    throw new Error(`seed ${SEED}: ${open()} wait; there is ${PEOPLE.flatMap(texts).join('\n')}`);
  });
  slack.say({ channel: chatOf('U0ANN'), user: 'U0ANN', text: 'the last one' });
  await until('the last answer', () => texts('U0ANN').includes('You said: the last one'), 30_000);
  const twice = asked.filter(({ user, name }) => {
    return texts(user).filter((text) => text.startsWith(`You said: ${name}`) && isWhole(text)).length > 1;
  });
  expect({ seed: SEED, twice }).toEqual({ seed: SEED, twice: [] });
  expect(PEOPLE.flatMap(texts).filter(isWhole)).toHaveLength(asked.length);
  expect(PEOPLE.flatMap(texts).filter((text) => text.includes('/resend'))).toEqual([]);
}, 180_000);

/** The answer to its end, or the word that it was cut off three times; not what was there when the process was killed. */
function isWhole(text: string): boolean {
  if (text.includes('was started 3 times')) return true;
  return text.startsWith('You said: q') && (!text.includes('tokens=12') || text.endsWith('word11'));
}
