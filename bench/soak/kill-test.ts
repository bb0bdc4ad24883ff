/**
 * The kill test: many clients on many sessions, while the gateway, the agent or both are SIGKILLed again and again. Ends
 * by itself: after the asked number of kills the clients stop asking and get time to see their turns end.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeGeneration } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { AgentProcess } from '../processes/agent-process.ts';
import { freePort, GatewayProcess } from '../processes/gateway-process.ts';
import { type Address, Client, type Moment } from './client.ts';
import { judge, type Verdict } from './judge.ts';
import { Killer, QUESTION_MOMENTS } from './killer.ts';
import { Owner } from './owner.ts';
import { makePrompt } from './prompts.ts';
import { Random } from './random.ts';

const SETTLE_MS = 60_000;

export interface KillTestOptions {
  seed: number;
  kills: number;
  generation: FakeGeneration;
  /** Empty; data, logs and accounts stay in it. */
  folder: string;
  /** The gateway's program. */
  program: string;
  /** Prompts under way at the same time. */
  clients?: number;
  sessions?: number;
  /** Kills strike around questions alone. */
  aroundQuestions?: boolean;
  /** No more kills after that. */
  limitMs?: number;
  onKill?: (kills: number, prompts: number) => void;
}

export interface Report extends Verdict {
  seed: number;
  kills: number;
  processesKilled: number;
  byVictim: Record<string, number>;
  byMoment: Record<string, number>;
  seconds: number;
}

export async function runKillTest(options: KillTestOptions): Promise<Report> {
  const { seed, folder, program, generation, limitMs = 1_200_000 } = options;
  const start = Date.now();
  const random = new Random(seed);
  const home = join(folder, 'home');
  const agentFolder = join(folder, 'agent');
  for (const path of [home, agentFolder]) mkdirSync(path, { recursive: true });
  const port = await freePort();
  const address: Address = { port, token: '' };
  const startAgent = () =>
    AgentProcess.start(agentFolder, { generation, folder: agentFolder, keepRuns: false });
  const agentUrl = `unix://${join(agentFolder, 'agent.sock')}`;
  const startGateway = async () => {
    const gateway = await GatewayProcess.start({
      home,
      port,
      agentUrl,
      program,
      env: { MOBYCLAW_ASK_TIMEOUT: '10s' },
    });
    address.token = gateway.token;
    return gateway;
  };
  const moments = options.aroundQuestions ? QUESTION_MOMENTS : undefined;
  const killer = new Killer({ random, startGateway, startAgent, moments });
  const owner = new Owner(address, new Random(seed + 2), (moment) => killer.saw(moment));
  const ownerLeaves = new AbortController();
  try {
    await killer.start();
    const crowd = new Crowd(options, address, new Random(seed + 1), (moment) => killer.saw(moment));
    crowd.start();
    const answering = owner.run(ownerLeaves.signal);
    while (killer.kills.length < options.kills && Date.now() - start < limitMs) {
      await killer.strike();
      options.onKill?.(killer.kills.length, crowd.clients.length);
    }
    await crowd.settle();
    ownerLeaves.abort();
    await answering;
    const verdict = await judge(crowd.clients, owner, address, agentFolder);
    return {
      seed,
      kills: killer.kills.length,
      processesKilled: killer.processesKilled,
      byVictim: count(killer.kills.map(({ victim }) => victim)),
      byMoment: count(killer.kills.map(({ moment }) => moment)),
      seconds: Math.round((Date.now() - start) / 1000),
      ...verdict,
    };
  } finally {
    ownerLeaves.abort();
    await killer.close();
  }
}

/** Keeps a number of clients busy, each with one prompt after the other. */
class Crowd {
  readonly clients: Client[] = [];
  readonly #options: KillTestOptions;
  readonly #address: Address;
  readonly #random: Random;
  readonly #onMoment: (moment: Moment) => void;
  readonly #giveUp = new AbortController();
  #asking = true;
  #done: Promise<unknown> = Promise.resolve();

  constructor(
    options: KillTestOptions,
    address: Address,
    random: Random,
    onMoment: (moment: Moment) => void,
  ) {
    this.#options = options;
    this.#address = address;
    this.#random = random;
    this.#onMoment = onMoment;
  }

  start(): void {
    const { clients = 24 } = this.#options;
    this.#done = Promise.all(Array.from({ length: clients }, () => this.#keepAsking()));
  }

  /** No new prompts; those under way may end. */
  async settle(): Promise<void> {
    this.#asking = false;
    const timer = setTimeout(() => this.#giveUp.abort(), SETTLE_MS);
    await this.#done;
    clearTimeout(timer);
  }

  async #keepAsking(): Promise<void> {
    const { sessions = 20 } = this.#options;
    while (this.#asking) {
      const prompt = makePrompt(this.clients.length, sessions, this.#random);
      const client = new Client(prompt, this.#address, this.#onMoment);
      this.clients.push(client);
      await client.run(this.#giveUp.signal);
    }
  }
}

function count(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}
