/**
 * People write in several chats while the gateway is killed at random moments, whether it is starting, connecting,
 * working or sending; then each question has one whole answer. The same on each platform.
 */
import { until } from '@mobyclaw/testkit/until';
import { expect } from 'vitest';
import type { KilledGateway } from './killed-gateway.ts';

const MOST_MS = 2800; // a start takes about half of it on a busy machine
const CONNECT_MS = 30_000;
const PATIENCE_MS = 90_000;
const TOKENS = 12;
const LAST_WORD = `word${TOKENS - 1}`;

export interface KilledChat {
  say(text: string): void;
  /** What Moby wrote there and is still there. */
  texts(): string[];
}

export interface RandomKillsOptions {
  gateway: KilledGateway;
  chats: readonly KilledChat[];
  seed: number;
  kills?: number;
  /** What is to be before the first kill. */
  connected?: () => boolean;
  /** The platform brings again what was not confirmed. */
  redeliver?: () => void;
  /** The platform cannot tell whether a send happened: then the person is told, and asks for it with `/resend`. */
  doubts?: boolean;
}

/** @throws the assertion that failed, with what there is */
export async function killAtRandom(options: RandomKillsOptions): Promise<void> {
  const { gateway, chats, connected, redeliver, doubts = false } = options;
  const seed = Number(process.env.KILL_SEED ?? options.seed);
  const kills = Number(process.env.KILLS ?? options.kills ?? 5);
  const random = randomFrom(seed);
  const names: string[][] = chats.map(() => []);
  for (let round = 0; round < kills; round++) {
    gateway.start();
    if (round === 0 && connected) await living(gateway, 'a connection', connected, CONNECT_MS);
    for (const [index, chat] of chats.entries()) {
      const name = `q${round}-${index}`;
      chat.say(`${name} ${random() < 0.5 ? `tokens=${TOKENS} interval=60ms` : 'and no more'}`);
      names[index]?.push(name);
    }
    await new Promise((resolve) => setTimeout(resolve, random() * MOST_MS)); // the moment is what is random
    gateway.mustLive();
    await gateway.kill();
    if (random() < 0.5) redeliver?.();
  }
  gateway.start();
  for (const [index, chat] of chats.entries()) {
    chat.say('the last one');
    names[index]?.push('the last one');
  }
  const open = (): string[] => chats.flatMap((chat, index) => missing(chat, names[index] ?? [], doubts));
  await living(gateway, 'all to be answered', () => open().length === 0, PATIENCE_MS).catch(
    (error: Error) => {
      const shown = chats.flatMap((chat) => chat.texts()).join('\n');
      throw new Error(
        `seed ${seed}: ${open().join(', ')}; there is\n${shown}\n${error.message}\n${gateway.log()}`,
      );
    },
  );
  const twice = chats.flatMap((chat, index) =>
    (names[index] ?? []).filter((name) => answers(chat, name) > 1),
  );
  const inDoubt = chats.flatMap((chat) => chat.texts()).filter(isDoubt);
  expect({ seed, twice, inDoubt: doubts ? [] : inDoubt }).toEqual({ seed, twice: [], inDoubt: [] });
}

/** Nothing is waited for that a process was to do which is not there any more. */
function living(gateway: KilledGateway, what: string, check: () => boolean, ms: number): Promise<boolean> {
  const checked = (): boolean => {
    gateway.mustLive();
    return check();
  };
  return until(what, checked, ms);
}

/** How many answers a chat waits for. An answer that was cut off three times is one that says so, without its name. */
function missing(chat: KilledChat, names: readonly string[], doubts: boolean): string[] {
  const done = chat.texts().filter((text) => isWhole(text) || (doubts && isDoubt(text))).length;
  if (done >= names.length) return [];
  return [`${names.length - done} of ${names.join(' ')} not answered`];
}

function answers(chat: KilledChat, name: string): number {
  return chat.texts().filter((text) => `${text} `.startsWith(`You said: ${name} `) && isWhole(text)).length;
}

/** The answer to its end, not what was there when the process was killed. */
function isWhole(text: string): boolean {
  if (text.includes('was started 3 times')) return true;
  return text.startsWith('You said: ') && (!text.includes('tokens=') || text.endsWith(LAST_WORD));
}

function isDoubt(text: string): boolean {
  return text.includes('resend');
}

/** https://en.wikipedia.org/wiki/Linear_congruential_generator, so that a failure can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
