/**
 * Kills over compactions: the gateway is killed at random moments while conversations are made shorter on every path, and started
 * again; then all that was said is accounted for. The same seed makes the same choices.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { factSentence, isUpkeep } from '@mobyclaw/testkit/remembering-model';
import { until } from '@mobyclaw/testkit/until';
import { Random } from '../soak/random.ts';
import { ask, post } from './client.ts';
import { type AgentKind, World } from './world.ts';

const KEY = 'api:default';
const TALK = 'We talked about trees and ships and the weather at sea, and what the neighbours said of it. ';
const MOST_DELAY_MS = 60; // of a kill, from when an upkeep prompt came
const SETTLES_MS = 120_000;

export interface KillsOptions {
  folder: string;
  agent: Exclude<AgentKind, 'embedded'>;
  kills: number;
  seed: number;
  onKill?: (kills: number) => void;
}

export interface KillsReport {
  kills: number;
  turns: number;
  compactions: Record<string, number>;
  violations: string[];
}

export async function killOverCompactions(options: KillsOptions): Promise<KillsReport> {
  const { folder, agent, seed, onKill } = options;
  const random = new Random(seed);
  let kills = 0;
  let armed = false;
  let restarting: Promise<void> | null = null;
  const killSoon = async (delayMs: number): Promise<void> => {
    await sleep(delayMs);
    if (kills >= options.kills) return;
    kills++;
    await world.gateway?.kill();
    await world.startGateway();
    onKill?.(kills);
  };
  const strike = (delayMs: number): void => {
    restarting ??= killSoon(delayMs).finally(() => {
      restarting = null;
    });
  };
  const world = await World.start({
    folder,
    agent,
    onPrompt: ({ text }) => {
      if (armed && isUpkeep(text) && random.chance(0.5)) strike(random.between(0, MOST_DELAY_MS));
    },
  });
  const asked: string[] = [];
  const facts: string[] = [];
  const violations: string[] = [];
  try {
    armed = true;
    for (let turn = 0; kills < options.kills; turn++) {
      const fact = random.chance(0.3) ? newFact(random) : null;
      const prompt = fact ?? `${turn}: ${TALK.repeat(random.between(1, 8))}`;
      if (fact) facts.push(fact);
      if (random.chance(0.1)) strike(random.between(0, MOST_DELAY_MS));
      const { text } = await ask(world, prompt, `turn-${turn}`);
      asked.push(prompt);
      if (!text.includes('taken note')) violations.push(`turn ${turn} was answered with: ${text}`);
      await restarting;
      await upset(world, random);
    }
    armed = false;
    await restarting;
    await post(world, `/api/sessions/${KEY}/reset`, { carry: false });
    await until('all that is made shorter', () => isSettled(world), SETTLES_MS);
    violations.push(...accounts(world, asked, facts));
    return { kills, turns: asked.length, compactions: compactionsOf(world), violations };
  } finally {
    armed = false;
    await restarting;
    await world.close();
  }
}

/** By one of the ways in which a conversation leaves the model's sight, now and then. */
async function upset(world: World, random: Random): Promise<void> {
  const way = random.between(1, 24);
  if (way === 1) await post(world, `/api/sessions/${KEY}/reset`, {});
  else if (way === 2) await post(world, `/api/sessions/${KEY}/reset`, { carry: false });
  else if (way <= 4) await post(world, `/api/sessions/${KEY}/command`, { text: '/compact the codes' });
  else if (way === 5) {
    const [row] = rows(world, `SELECT agent_session AS id FROM sessions WHERE key = '${KEY}'`);
    if (row?.id) await fetch(`${world.agentUrl}/api/sessions/${row.id}`, { method: 'DELETE' });
  }
}

/** Unlike any other, or the memory takes it for one that it has. */
function newFact(random: Random): string {
  const letter = (): string => String.fromCharCode(97 + random.between(0, 25));
  const word = (): string => Array.from({ length: random.between(5, 9) }, letter).join('');
  const thing = Array.from({ length: 5 }, word).join(' ');
  return factSentence(thing, `K${random.between(1, 9)}-${random.between(1000, 9999)}`);
}

function isSettled(world: World): boolean {
  return rows(world, 'SELECT 1 FROM compactions WHERE ended_at IS NULL').length === 0;
}

function compactionsOf(world: World): Record<string, number> {
  const counted = rows(world, 'SELECT why, flush, count(*) AS n FROM compactions GROUP BY why, flush');
  return Object.fromEntries(counted.map(({ why, flush, n }) => [`${why}: ${flush}`, Number(n)]));
}

/** What is wrong: a question without its one answer, a part of the conversation without a flush, a fact that is lost or there twice. */
function accounts(world: World, asked: readonly string[], facts: readonly string[]): string[] {
  const wrong: string[] = [];
  for (const prompt of asked) {
    const turns = rows(world, 'SELECT id, state FROM turns WHERE prompt = ?', prompt);
    if (turns.length !== 1 || turns[0]?.state !== 'done') wrong.push(`${prompt}: ${JSON.stringify(turns)}`);
  }
  const flushed = rows(world, 'SELECT after_id AS "after", upto, flush FROM compactions');
  for (const { flush } of flushed) {
    if (flush !== 'written' && flush !== 'nothing') wrong.push(`a compaction ended with the flush ${flush}`);
  }
  const [session] = rows(world, `SELECT seed_from FROM sessions WHERE key = '${KEY}'`);
  const left = rows(
    world,
    `SELECT id FROM messages WHERE session = '${KEY}' AND role <> 'marker' AND id <= ?`,
    Number(session?.seed_from),
  );
  for (const { id } of left) {
    const covered = flushed.some(
      ({ after, upto }) => Number(id) > Number(after) && Number(id) <= Number(upto),
    );
    if (!covered) wrong.push(`message ${id} left the model's sight without a flush`);
  }
  const lines = readFileSync(join(world.home, 'MEMORY.md'), 'utf8').split('\n');
  for (const fact of facts) {
    const times = lines.filter((line) => line.includes(fact)).length;
    if (times !== 1) wrong.push(`${fact} stands ${times} times in MEMORY.md`);
  }
  return wrong;
}

function rows(world: World, sql: string, ...parameters: (string | number)[]): Record<string, unknown>[] {
  const db = new DatabaseSync(join(world.home, 'gateway/gateway.db'), { readOnly: true, timeout: 5000 });
  try {
    return db.prepare(sql).all(...parameters);
  } finally {
    db.close();
  }
}
