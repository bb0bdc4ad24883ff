/**
 * SIGKILLs the gateway, the agent, or both, and starts them again. Who dies and at which moment is drawn beforehand; the
 * kill strikes when any client reports that moment, up to a few milliseconds later, so that the kills fall between the
 * steps of real turns and not just anywhere.
 */
import type { AgentProcess } from '../processes/agent-process.ts';
import type { GatewayProcess } from '../processes/gateway-process.ts';
import type { Moment } from './client.ts';
import type { Random } from './random.ts';

export type Victim = 'gateway' | 'agent' | 'both';

export interface Kill {
  victim: Victim;
  moment: Moment | 'any';
  at: string;
}

const VICTIMS: readonly Victim[] = ['gateway', 'gateway', 'agent', 'agent', 'both'];
/** Between asking, answering, telling and acting. */
export const QUESTION_MOMENTS: readonly Kill['moment'][] = ['asked', 'answering', 'answered', 'answered'];

const MOMENTS: readonly Kill['moment'][] = [
  'accept',
  'queued',
  'started',
  'first-token',
  'mid-stream',
  'tool',
  'tool',
  'last-token', // between the last token and the stored answer
  'last-token',
  'ended',
  'any',
  ...QUESTION_MOMENTS,
];
const DELAYS_MS = [0, 0, 0, 1, 1, 2, 3, 5, 8, 15];
const LONGEST_WAIT_MS = 2000; // for a moment that does not come

export interface KillerOptions {
  random: Random;
  startGateway: () => Promise<GatewayProcess>;
  startAgent: () => Promise<AgentProcess>;
  /** Those at which it strikes; all unless given. */
  moments?: readonly Kill['moment'][] | undefined;
}

export class Killer {
  readonly kills: Kill[] = [];
  readonly #options: KillerOptions;
  #gateway: GatewayProcess | null = null;
  #agent: AgentProcess | null = null;
  #armed: { moment: Moment; strike: () => void } | null = null;
  #endedTurns = 0;

  constructor(options: KillerOptions) {
    this.#options = options;
  }

  get processesKilled(): number {
    return this.kills.reduce((sum, { victim }) => sum + (victim === 'both' ? 2 : 1), 0);
  }

  async start(): Promise<void> {
    this.#agent = await this.#options.startAgent();
    this.#gateway = await this.#options.startGateway();
  }

  /** Clients say here what they see. */
  saw(moment: Moment): void {
    if (moment === 'ended') this.#endedTurns++;
    if (this.#armed?.moment === moment) this.#armed.strike();
  }

  /** One kill and the restart after it; then some turns get time to end, as a crash loop would only end in giving up. */
  async strike(): Promise<void> {
    const { random, startGateway, startAgent, moments = MOMENTS } = this.#options;
    const victim = random.pick(VICTIMS);
    const moment = random.pick(moments);
    const delayMs = random.pick(DELAYS_MS);
    const downMs = random.chance(0.3) ? random.between(0, 150) : 0;
    const turnsBetween = random.between(10, 30);
    await this.#until(moment, random.between(0, 200));
    if (delayMs > 0) await sleep(delayMs);
    this.kills.push({ victim, moment, at: new Date().toISOString() });
    const [gateway, agent] = [this.#gateway, this.#agent];
    await Promise.all([victim !== 'agent' && gateway?.kill(), victim !== 'gateway' && agent?.kill()]);
    if (downMs > 0) await sleep(downMs);
    await Promise.all([
      victim !== 'agent' && startGateway().then((started) => (this.#gateway = started)),
      victim !== 'gateway' && startAgent().then((started) => (this.#agent = started)),
    ]);
    const goal = this.#endedTurns + turnsBetween;
    const end = Date.now() + LONGEST_WAIT_MS;
    while (this.#endedTurns < goal && Date.now() < end) await sleep(5);
  }

  async close(): Promise<void> {
    await Promise.all([this.#gateway?.kill(), this.#agent?.kill()]);
  }

  async #until(moment: Kill['moment'], anyMs: number): Promise<void> {
    if (moment === 'any') return sleep(anyMs);
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#armed = { moment, strike: resolve };
      timer = setTimeout(resolve, LONGEST_WAIT_MS);
    });
    clearTimeout(timer);
    this.#armed = null;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
