/** What a fake agent is told when it is made, and what its script is asked. */
import type { StoredMessage } from '@mobyclaw/protocol/cagent';
import type { Directives } from './directives.ts';
import type { FakeGeneration } from './run.ts';
import type { Script } from './script.ts';

export interface FakePrompt extends Directives {
  session: string;
  /** Whose run it is: the turn of its capability. */
  turn: string;
  /** `X-Moby-Turn` of the request, which an agent hands on to MCP servers. */
  capability: string;
  /** All `X-Moby-…` of the request, which an agent hands on to its tools. */
  headers: Record<string, string>;
  /** How often this turn came before. */
  seen: number;
  /** Which of the agents in soul.yaml runs. */
  agent: string;
  /** What the model reads when it is asked, oldest first; the prompt included once the run has begun. */
  reads: () => StoredMessage['message'][];
}

/** A model whose window is simulated: sizes are tokens, estimated from what the session holds. */
export interface FakeContext {
  limit: number;
  /** Of instructions and tools. */
  base: number;
  /** Whether the engine knows the limit. */
  reports: boolean;
  /** What does not fit is dropped from the head, without a word; else it is refused. */
  drops?: boolean;
}

export interface FakeAgentOptions {
  context?: FakeContext;
  /** Whether sessions have permissions of their own; true unless given. */
  permissions?: boolean;
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
  /** Names under `models` in soul.yaml; in the newer generation a run may name one, which its session keeps. */
  models?: readonly string[];
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
