/**
 * A cagent that does as it is told: a real HTTP server that speaks either generation of its API, for tests, soak and
 * benchmark. It behaves as the reference has it where that hurts: no lock on a session in the old generation, a
 * session with a cut tool call refused for good, a body that just ends, answers to confirmations that get lost.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Stats } from './accounts.ts';
import type { FakeAgentOptions } from './options.ts';
import { type Answered, Routes } from './routes.ts';
import type { Session } from './session-store.ts';

export type { FakeAgentOptions, FakePrompt } from './options.ts';
export type { FakeGeneration } from './run.ts';
export type { Script, Step } from './script.ts';

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
