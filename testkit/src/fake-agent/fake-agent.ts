/**
 * A cagent that does as it is told: a real HTTP server that speaks either generation of its API, for tests, soak and
 * benchmark. It behaves as the reference has it where that hurts: no lock on a session in the old generation, a
 * session with a cut tool call refused for good, a body that just ends, answers to confirmations that get lost.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Stats } from './accounts.ts';
import type { Directives } from './directives.ts';
import { type Answered, Routes } from './routes.ts';
import type { FakeGeneration } from './run.ts';
import type { Script } from './script.ts';
import type { Session } from './session-store.ts';

export type { FakeGeneration } from './run.ts';
export type { Script, Step } from './script.ts';

export interface FakePrompt extends Directives {
  session: string;
  /** `X-Moby-Turn` of the request. */
  turn: string;
  /** How often this turn came before. */
  seen: number;
  /** Which of the agents in soul.yaml runs. */
  agent: string;
}

export interface FakeAgentOptions {
  /** `array` is v1.32.3, `object` what came later. */
  generation?: FakeGeneration;
  /** 0 unless given: any free one. */
  port?: number;
  /** Listens there instead of on a port. */
  socketPath?: string;
  /** Bearer token; the old generation ignores it. */
  token?: string;
  agentKey?: string;
  /** Names in soul.yaml; root alone unless given. Each has a model of its own. */
  agents?: readonly string[];
  /** Its state, so that it survives a SIGKILL: sessions, runs, executions. In memory unless given. */
  folder?: string;
  /** Keep runs and executions in memory. True unless given. */
  keepRuns?: boolean;
  /** Why soul.yaml cannot be used: the agent is not listed and a run answers 500. */
  broken?: string;
  /** What to do for a prompt; undefined leaves it to its directives. */
  script?: (prompt: FakePrompt) => Script | undefined;
  /** What `die` does; unless given, it closes. */
  onDie?: () => void;
}

export interface FakeAgent {
  /** For the gateway: `http://127.0.0.1:port` or `unix:///path`. */
  url: string;
  stats(): Stats;
  /** What was sent to `/resume` and `/elicitation`, in order. */
  answers(): readonly Answered[];
  session(id: string): Session | undefined;
  sessions(): Session[];
  /** Breaks soul.yaml, or repairs it with null. */
  breakConfig(why: string | null): void;
  /** Breaks off all runs and leaves the port: from outside, the same as a SIGKILL. */
  close(): Promise<void>;
}

export async function startFakeAgent(options: FakeAgentOptions = {}): Promise<FakeAgent> {
  const routes = new Routes(options);
  const server = createServer((request, response) => void routes.answer(request, response));
  const sockets = new Set<Socket>();
  server.requestTimeout = 0;
  await listen(server, options);
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await routes.close();
  };
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  let stopped: Promise<void> | null = null;
  const close = (): Promise<void> => {
    stopped ??= stop();
    return stopped;
  };
  routes.onDie = options.onDie ?? ((): void => void close());
  return {
    url: options.socketPath
      ? `unix://${options.socketPath}`
      : `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers: () => routes.answers,
    stats: () => routes.accounts.stats(),
    session: (id) => routes.store.get(id),
    sessions: () => routes.store.all(),
    breakConfig: (why) => {
      routes.broken = why;
    },
    close,
  };
}

function listen(server: Server, { port = 0, socketPath }: FakeAgentOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    if (socketPath === undefined) server.listen(port, '127.0.0.1', resolve);
    else server.listen(socketPath, resolve);
  });
}
