/**
 * The gateway's view of cagent: sessions, and runs that always end in a typed outcome. Both generations of cagent's API
 * are spoken; which one is found out by a probe (generation.ts) unless the caller says so.
 */
import type { StoredSession } from '@mobyclaw/protocol/cagent';
import { AGENT_KEY } from '@mobyclaw/protocol/identity';
import type { AgentClient, AgentClientOptions, AgentLimits } from './agent.ts';
import { GenerationProbe } from './generation.ts';
import { ping, readiness } from './health.ts';
import { executeRun } from './run.ts';
import { Sessions } from './sessions.ts';
import { checkSoul } from './soul-check.ts';
import { steer } from './steer.ts';
import { agentNames, modelList, namedWindow } from './team.ts';
import { Transport } from './transport.ts';
import { SessionUses } from './usage.ts';

const DEFAULT_LIMITS: AgentLimits = {
  silenceMs: 300_000,
  toolSilenceMs: 3_600_000,
  aliveCheckMs: 15_000,
  endGraceMs: 10_000,
  requestMs: 30_000, // a first look-up at models.dev may take this long under the agent's global lock
  retryPauseMs: 150,
  busyMs: 2_000,
  lineBytes: 64 * 1024 * 1024, // echoed images and tool results come in one line
};

/** @throws TypeError where the address is none */
export function createAgentClient(options: AgentClientOptions): AgentClient {
  const { url, token, clock, logger, agentKey = AGENT_KEY } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const transport = new Transport({ url, token, clock });
  const generation = new GenerationProbe(transport, agentKey, limits.requestMs, options.generation);
  const sessions = new Sessions(transport, limits.requestMs);
  const named = new Map<string, number | null>();
  const storedSession = (id: string): Promise<StoredSession | null> => sessions.get(id);
  const askWhetherAlive = (signal?: AbortSignal): Promise<boolean> => ping(transport, signal);
  const run = {
    transport,
    generation,
    agentKey,
    clock,
    logger,
    limits,
    ping: askWhetherAlive,
    storedSession,
    uses: new SessionUses(),
  };
  return {
    ping: askWhetherAlive,
    async isReady() {
      return (await readiness(transport, agentKey)).ready;
    },
    readiness: () => readiness(transport, agentKey),
    get generation() {
      return generation.known;
    },
    forgetEngine() {
      generation.forget();
      named.clear();
      transport.closeIdle();
    },
    agentNames: () => agentNames(transport, agentKey, limits.requestMs),
    async namedWindow(agentName) {
      const known = named.get(agentName);
      if (known !== undefined) return known;
      const found = await namedWindow(transport, agentKey, limits.requestMs, agentName);
      named.set(agentName, found);
      return found;
    },
    models: async (agentName) =>
      modelList(transport, agentKey, limits.requestMs, agentName, await generation.current()),
    createSession: (title, permissions) => sessions.create(title, permissions),
    setPermissions: (id, permissions) => sessions.setPermissions(id, permissions),
    checkSoul: (text) => checkSoul(transport, text, limits.requestMs),
    deleteSession: (id) => sessions.remove(id),
    sessions: () => sessions.list(),
    storedSession,
    run: (request, onEvent, signal) => executeRun(run, request, onEvent, signal),
    steer: (id, message) => steer(transport, id, message, limits.requestMs),
    close: () => transport.close(),
  };
}
