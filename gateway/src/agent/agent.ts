/**
 * The gateway's view of an agent: what may be asked of it, what a run says while it goes on, and the typed ways in
 * which it can end. `agent-client.ts` speaks it over cagent's HTTP API.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { Permissions, StoredSession } from '@mobyclaw/protocol/cagent';
import type { SoulProblem } from '@mobyclaw/protocol/control';
import type { AgentError } from './agent-error.ts';
import type { Readiness } from './health.ts';
import type { Steered } from './steer.ts';
import type { Decide } from './wanted.ts';

export type Generation = 'messages-array' | 'messages-object';

/** All in milliseconds unless named otherwise. */
export interface AgentLimits {
  /** Silence of a run in which no tool runs before it counts as stalled. */
  silenceMs: number;
  /** The same while a tool runs: a build or a download may take long and say nothing. */
  toolSilenceMs: number;
  /** Silence after which the agent is asked whether it is alive, and how often. */
  aliveCheckMs: number;
  /** Longest wait for the end of the body after the run has said that it stopped. */
  endGraceMs: number;
  /** Longest wait for an answer to anything but a run. */
  requestMs: number;
  /** A pause in mid-answer that could hide a silent retry by the agent, which waits 200 ms less 10 % at least. */
  retryPauseMs: number;
  /** How long a busy session (409) is asked again. */
  busyMs: number;
  /** Longest line of a stream, in bytes. */
  lineBytes: number;
}

export interface AgentClientOptions {
  /** `http://host:port` or `unix:///path.sock`. */
  url: string;
  /** The agent's own bearer token, for engines that have one. */
  token?: string;
  /** Key of the agent in its API: the name of soul.yaml without its ending. */
  agentKey?: string;
  clock: Clock;
  logger: Logger;
  limits?: Partial<AgentLimits>;
  /** Overrides the probe. */
  generation?: Generation;
}

export interface RunRequest {
  sessionId: string;
  /** Which of the agents in soul.yaml; root unless given. The first run of a session decides for all later ones. */
  agentName?: string;
  text: string;
  /** Instead of the agent's own; newer cagents keep it for the session, so whoever named one names one each time. */
  model?: string;
  images?: { dataUrl: string }[];
  /** Header name to value; values are percent-encoded here. */
  identity: Record<string, string>;
  /** Decides what the run waits for; without it, all of it is refused. */
  decide?: Decide;
}

export interface KnownSession {
  id: string;
  title: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

export type RunEvent =
  /** Text of the answer. The sum of all is the final text, unless the outcome says `replaced`. */
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  /** An assistant message or a tool result was stored by the agent. */
  | { type: 'message' }
  | {
      type: 'tool';
      id: string;
      name: string;
      phase: 'start' | 'call' | 'end';
      args?: unknown;
      ok?: boolean;
      summary?: string;
    }
  /** Once per model call. `inputTokens` counts those from and to the cache too; `costUsd` is absent where no price is known. */
  | {
      type: 'usage';
      inputTokens: number;
      outputTokens: number;
      cachedTokens?: number;
      cacheWriteTokens?: number;
      costUsd?: number;
      model: string;
    }
  | { type: 'notice'; text: string }
  /** A message of the user's is in the conversation now: the prompt, or one that was put in later. */
  | { type: 'heard'; text: string }
  /** The engine has summarised what its session held, so that it fits. */
  | { type: 'shortened' }
  | { type: 'model'; model: string }
  /** How full the session is after a model call that read `input`, in tokens; `limit` 0 where the engine does not know the model's. */
  | { type: 'context'; tokens: number; input: number; limit: number; model: string };

export type RunOutcome =
  /** `text`: the assistant messages of the run, joined by a blank line. `replaced`: it is not the sum of what was streamed. `cut`: the model had more to say, and its limit of tokens ended it. */
  | { kind: 'completed'; text: string; replaced: boolean; empty: boolean; cut?: true }
  /** By the caller's signal. `openToolCall`: the session holds a tool call without a result. If the engine does not repair that, then the session must not be used again. */
  | { kind: 'stopped'; openToolCall: boolean; partial: string; toolsStarted: string[] }
  /** `toolsStarted`: names of the tools that may have acted. */
  | { kind: 'failed'; error: AgentError; openToolCall: boolean; partial: string; toolsStarted: string[] };

/** The models that soul.yaml defines. */
export interface ModelList {
  names: readonly string[];
  /** What the agent is asked with, where a run names none. */
  own: string;
  /** Whether a run can name one. */
  perRun: boolean;
}

export interface AgentClient {
  /** Whether `GET /api/ping` answers 200 within 3 s. */
  ping(signal?: AbortSignal): Promise<boolean>;
  /** Whether the agent answers and lists our agent key, which it does not while soul.yaml is broken. */
  isReady(): Promise<boolean>;
  /** The same, with the tool servers that the agent cannot use. */
  readiness(): Promise<Readiness>;
  /** What the last probe found. */
  readonly generation: Generation | 'unknown';
  /** To be called after the agent was restarted: another version may answer now. */
  forgetEngine(): void;
  /** Names of the agents in soul.yaml; none while it is broken. @throws AgentError */
  agentNames(): Promise<readonly string[]>;
  /** Tokens that soul.yaml names for the model of an agent; null: none. Asked once for each start of the engine. @throws AgentError */
  namedWindow(agentName: string): Promise<number | null>;
  /** @throws AgentError */
  models(agentName: string): Promise<ModelList>;
  /** @param permissions of the session, which go before soul.yaml's @throws AgentError */
  createSession(title: string, permissions?: Permissions): Promise<string>;
  /** Changes them, between runs; null: none of its own. @returns false where the engine knows no such thing @throws AgentError */
  setPermissions(id: string, permissions: Permissions | null): Promise<boolean>;
  /** What the engine would refuse a soul.yaml for; null where it cannot be asked. @throws AgentError */
  checkSoul(text: string): Promise<SoulProblem[] | null>;
  /** Deletes a session; one that is gone already is fine. @throws AgentError */
  deleteSession(id: string): Promise<void>;
  /** All it has, without what was said in them; older agents read their whole history for it. @throws AgentError */
  sessions(): Promise<KnownSession[]>;
  /** @returns null where the agent does not know it. @throws AgentError */
  storedSession(id: string): Promise<StoredSession | null>;
  /**
   * Runs one prompt to its end. Events come synchronously, in order. Aborting `signal` closes the request, which cancels
   * the run in the agent. Never rejects for anything that the agent or the network does, only for a throw of `onEvent`.
   */
  run(request: RunRequest, onEvent: (event: RunEvent) => void, signal: AbortSignal): Promise<RunOutcome>;
  /** Puts a message into the run of a session that goes on. @throws AgentError where it is not known whether the agent has it */
  steer(sessionId: string, message: { text: string; images?: { dataUrl: string }[] }): Promise<Steered>;
  /** Closes idle connections. Runs must have ended. */
  close(): void;
}
