/**
 * SIGKILL to the gateway as a process, at any moment of a conversation: nothing is lost, nothing comes twice. Runs with
 * KILLS=<number>: about one run in ten waits without end for a connection after the last start, whose cause is not found.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import type { Phone } from '@mobyclaw/testkit/fake-whatsapp/phone';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test } from 'vitest';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import { logIn, startPhones } from '../../testing/whatsapp-world.ts';
import type { Baileys } from './library.ts';

const library = await whatsAppLibrary();
const PEOPLE = ['491700000011', '491700000012', '491700000013'];
const MAIN = join(import.meta.dirname, '../../main.ts');
const SEED = Number(process.env.KILL_SEED ?? 5);
const KILLS = Number(process.env.KILLS ?? 5);

async function setUp() {
  const whatsApp = await startPhones(library as Baileys);
  const agent = await startFakeAgent();
  const home = temporaryFolder();
  logIn(library as Baileys, join(home, 'gateway/channels/whatsapp'));
  let child: ChildProcess | null = null;
  const start = (): void => {
    child = spawn(process.execPath, [MAIN], {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        MOBYCLAW_HOME: home,
        MOBYCLAW_PORT: '0',
        MOBYCLAW_AGENT_URL: agent.url,
        WHATSAPP_AUTH: 'qr',
        WHATSAPP_WEB_URL: whatsApp.url,
        WHATSAPP_ALLOWED_USERS: PEOPLE.join(),
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
    await agent.close();
  });
  const phones = PEOPLE.map((number) => whatsApp.person(number));
  const texts = (phone: Phone): string[] => whatsApp.shown(phone).map(({ text }) => text);
  return { whatsApp, start, kill, phones, texts };
}

/** https://en.wikipedia.org/wiki/Linear_congruential_generator, so that a failure can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

describe.skipIf(library === null || process.env.KILLS === undefined)('WhatsApp', () => {
  test('killed at random moments of many messages: each is answered once', async () => {
    const { whatsApp, start, kill, phones, texts } = await setUp();
    const random = randomFrom(SEED);
    const asked: { phone: Phone; name: string }[] = [];
    for (let round = 0; round < KILLS; round++) {
      start();
      if (round === 0) await until('a connection', () => whatsApp.online > 0, 20_000);
      for (const phone of phones) {
        const name = `q${round}-${phone.number}`;
        const slow = random() < 0.5 ? ' tokens=12 interval=60ms' : '';
        whatsApp.say({ from: phone, text: `${name}${slow}` });
        asked.push({ phone, name });
      }
      await new Promise((resolve) => setTimeout(resolve, 800 + random() * 2000)); // the moment is what is random
      await kill();
    }
    start();
    const open = (): string[] =>
      phones
        .filter(
          (phone) => texts(phone).filter(isWhole).length < asked.filter((one) => one.phone === phone).length,
        )
        .map(({ number }) => number);
    await until('all to be answered', () => open().length === 0, 90_000).catch(() => {
      throw new Error(`seed ${SEED}: ${open()} wait; there is ${phones.flatMap(texts).join('\n')}`);
    });
    const twice = asked.filter(({ phone, name }) => {
      return texts(phone).filter((text) => text.startsWith(`You said: ${name}`) && isWhole(text)).length > 1;
    });
    expect({ seed: SEED, twice: twice.map(({ name }) => name) }).toEqual({ seed: SEED, twice: [] });
    expect(phones.flatMap(texts).filter(isWhole)).toHaveLength(asked.length);
    expect(phones.flatMap(texts).filter((text) => text.includes('/resend'))).toEqual([]);
  }, 240_000);
});

/** The answer to its end, or the word that it was cut off three times; not what was there when the process was killed. */
function isWhole(text: string): boolean {
  if (text.includes('was started 3 times')) return true;
  return text.startsWith('You said: q') && (!text.includes('tokens=12') || text.endsWith('word11'));
}
