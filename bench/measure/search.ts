/**
 * Search after years: 200,000 messages and 100,000 lines of logs, asked through `/mcp` as another assistant asks, one after
 * the other and twenty at once. The texts are those of the recall benchmark with rare words among them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Store } from '@mobyclaw/gateway/store/store';
import { callMcp, connectMcp } from '@mobyclaw/testkit/mcp-client';
import { until } from '@mobyclaw/testkit/until';
import type { Child } from '../processes/child.ts';
import { MemoryProcess } from '../processes/memory-process.ts';
import { makeWorld } from '../recall/world.ts';
import { Random } from '../soak/random.ts';
import { ms, percentile, type Row } from './row.ts';
import { NO_AGENT, type Stage } from './stage.ts';

const MESSAGES = 200_000;
const LOG_LINES = 100_000;
const LINES_A_DAY = 100;
const ASKED = 300;
const AT_ONCE = 20;
const ROUNDS = 10;
const INDEXED_MS = 600_000;
const RARE_WORDS = 30_000;
const DAY_MS = 86_400_000;
const AIM_MS = 20;
const AIM_AT_ONCE_MS = 100;

export async function measureSearch(stage: Stage): Promise<Row[]> {
  const home = stage.home();
  const texts = sentences(MESSAGES + LOG_LINES);
  fillHistory(home, texts.slice(0, MESSAGES));
  fillLogs(home, texts.slice(MESSAGES));
  const questions = makeWorld(1).questions.map(({ text }) => text);
  const { gateway } = await stage.startGateway(NO_AGENT, {}, home);
  const memory = await MemoryProcess.start(home);
  const rows = [
    ...(await measure(questions, {
      ...{ tool: 'history_search', size: `${MESSAGES} messages`, child: gateway.child },
      ...{ url: `http://127.0.0.1:${gateway.port}`, token: gateway.token },
    })),
    ...(await measure(questions, {
      ...{ tool: 'memory_search', size: `${LOG_LINES} lines of logs`, child: memory.child },
      ...{ url: memory.url, token: memory.token },
    })),
  ];
  await Promise.all([gateway.kill(), memory.kill()]);
  return rows;
}

interface Searched {
  tool: string;
  size: string;
  child: Child;
  url: string;
  token: string;
}

async function measure(
  questions: readonly string[],
  { tool, size, child, url, token }: Searched,
): Promise<Row[]> {
  const client = await connectMcp(url, token);
  const ask = async (at: number): Promise<number> => {
    const start = performance.now();
    const { isError, text } = await callMcp(client, tool, { query: questions[at % questions.length] });
    if (isError) throw new Error(text);
    return performance.now() - start;
  };
  await until(
    'the index to be made',
    async () => !(await callMcp(client, tool, { query: 'boat' })).text.includes('searched yet'),
    INDEXED_MS,
  );
  const cpuBefore = child.cpuMs();
  const single: number[] = [];
  for (let at = 0; at < ASKED; at++) single.push(await ask(at));
  const cpuEach = (child.cpuMs() - cpuBefore) / ASKED;
  const together: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => ask(round * AT_ONCE + at)));
    together.push(performance.now() - start);
  }
  const how = (samples: readonly number[]): string =>
    `${ms(percentile(samples, 0.5))} / ${ms(percentile(samples, 0.95))}`;
  await client.close();
  return [
    {
      what: `${tool} through /mcp, ${size} (p50 / p95)`,
      gateway: how(single),
      reached: `p95 ${ms(percentile(single, 0.95))}; ${ms(cpuEach)} of processor each`,
      aim: ms(AIM_MS),
      ok: percentile(single, 0.95) <= AIM_MS,
    },
    {
      what: `the last answer of ${AT_ONCE} at once, ${size} (p50 / p95)`,
      gateway: how(together),
      reached: ms(percentile(together, 0.5)),
      aim: ms(AIM_AT_ONCE_MS),
      ok: percentile(together, 0.5) <= AIM_AT_ONCE_MS,
    },
  ];
}

/** Sentences of lives, each with some rare words: few words are in most texts, most words in few. */
function sentences(count: number): string[] {
  const random = new Random(1);
  const texts: string[] = [];
  const rare = (): string => `w${Math.floor(RARE_WORDS ** random.next()).toString(36)}`;
  for (let seed = 1; texts.length < count; seed++) {
    for (const { speaker, text } of makeWorld(seed).turns) {
      texts.push(`${speaker}: ${text} ${rare()} ${rare()} ${rare()} ${rare()}`);
    }
  }
  return texts.slice(0, count);
}

function fillHistory(home: string, texts: readonly string[]): void {
  mkdirSync(join(home, 'gateway'), { mode: 0o700 });
  const store = new Store(join(home, 'gateway/gateway.db'));
  const start = Date.now() - 540 * DAY_MS;
  store.transaction('relaxed', () => {
    for (const [at, text] of texts.entries()) {
      const session = `api:chat-${at % 5}`;
      store.messages.insert({
        ...{ session, turn: '', role: at % 2 === 0 ? 'user' : 'assistant', text },
        at: start + Math.floor((at / texts.length) * 540 * DAY_MS),
      });
    }
  });
  store.close();
}

function fillLogs(home: string, texts: readonly string[]): void {
  mkdirSync(join(home, 'memory'), { mode: 0o700 });
  for (let from = 0; from < texts.length; from += LINES_A_DAY) {
    const day = new Date(Date.now() - (from / LINES_A_DAY) * DAY_MS).toISOString().slice(0, 10);
    const lines = texts.slice(from, from + LINES_A_DAY).map((text, at) => `- ${clock(at)} ${text}`);
    writeFileSync(join(home, `memory/${day}.md`), `# ${day}\n\n${lines.join('\n')}\n`);
  }
}

function clock(at: number): string {
  const minute = 480 + at * 8;
  return `${String(Math.floor(minute / 60) % 24).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
