/** A gateway, the memory server and a fake cagent whose model knows nothing but what it reads, within a window of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FakeAgentOptions, FakePrompt, Script } from '@mobyclaw/testkit/fake-agent/fake-agent';
import type { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { thoughtScript } from '@mobyclaw/testkit/remembering-model';
import { until } from '@mobyclaw/testkit/until';
import { ActingAgent, type ToolAnswer } from './acting-agent.ts';
import { type Harness, type HarnessOptions, openHarness } from './harness.ts';
import { startMemoryServer } from './memory-server.ts';

export interface RememberingWorld {
  moby: Harness;
  /** MEMORY.md as it stands. */
  memory(): string;
  /** A file of the data folder of memory; empty where it is not there. */
  file(name: string): string;
  /** Rows of gateway.db. */
  rows(sql: string): Record<string, unknown>[];
  /** Calls a tool of memory or the gateway with a run's capability. */
  act(capability: string, tool: string, input: object): Promise<ToolAnswer>;
  /** Once nothing is being made shorter any more. @param clock of the gateway: what was put off, because a turn began, is tried again by it */
  settled(clock?: ManualClock): Promise<void>;
}

export interface RememberingOptions extends Omit<HarnessOptions, 'agent'> {
  window?: number;
  agent?: FakeAgentOptions;
  /** Before the model thinks; undefined lets it. */
  before?: (prompt: FakePrompt) => Script | undefined;
}

export async function rememberingWorld({
  window = 6000,
  agent = {},
  before,
  ...options
}: RememberingOptions = {}): Promise<RememberingWorld> {
  const server = await startMemoryServer();
  const acting = new ActingAgent();
  acting.memory = server.url;
  const moby = await openHarness({
    ...options,
    env: { ...server.env, ...options.env },
    agent: {
      context: { limit: window, base: 500, reports: true },
      script: (prompt) =>
        before?.(prompt) ??
        thoughtScript(prompt, (capability, tool, input) => acting.send(capability, tool, input)),
      ...agent,
    },
  });
  acting.port = moby.port;
  const file = (name: string): string => {
    try {
      return readFileSync(join(server.home, name), 'utf8');
    } catch {
      return '';
    }
  };
  const rows = (sql: string): Record<string, unknown>[] => {
    const db = new DatabaseSync(join(moby.home, 'gateway/gateway.db'), { readOnly: true });
    try {
      return db.prepare(sql).all();
    } finally {
      db.close();
    }
  };
  return {
    moby,
    act: (capability, tool, input) => acting.send(capability, tool, input),
    memory: () => file('MEMORY.md'),
    file,
    rows,
    settled: async (clock) => {
      const isSettled = async (): Promise<boolean> => {
        if (rows('SELECT 1 FROM compactions WHERE ended_at IS NULL').length === 0) return true;
        await clock?.advance(1000);
        return false;
      };
      await until('all that is made shorter', isSettled, 60_000);
    },
  };
}
