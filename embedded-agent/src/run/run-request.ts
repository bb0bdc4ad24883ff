/** What a run is given: the agent that runs, what all runs share, and what was asked. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { ContentPart } from '@mobyclaw/protocol/cagent';
import type { RunModel } from '../model/create-model.ts';
import type { AgentConfig, Soul } from '../soul/schema.ts';
import type { Session, SessionStore } from '../store/session-store.ts';
import type { ElicitationAnswer, ToolContext } from '../tools/tool.ts';
import type { Toolbox } from '../tools/toolbox.ts';
import type { Gate } from './gate.ts';
import type { Cooldown } from './model-chain.ts';
import type { Emit } from './run-events.ts';
import type { Steering } from './steering.ts';
import type { ResumeAnswer } from './tool-calls.ts';

/** `cut` where the signal ended it. */
export type RunEnd = 'ended' | 'cut';

/** Who runs. */
export interface Runner {
  /** Of the agents in soul.yaml. */
  agentName: string;
  agent: AgentConfig;
  /** The agent's own, then those that go on where it fails. */
  models: readonly [RunModel, ...RunModel[]];
  toolbox: Toolbox;
}

export interface RunDependencies extends Runner {
  soul: Soul;
  /** Another agent of soul.yaml, which is given a task. @throws ModelConfigError */
  runner(name: string): Promise<Runner>;
  /** The same, to which the conversation is handed: it is the session's from now on. @throws ModelConfigError */
  handOn(name: string): Promise<Runner>;
  /** Of the session. */
  cooldown: Cooldown;
  store: SessionStore;
  clock: Clock;
  workingDir: string;
  home: string | undefined;
  /** How often a model call that failed before its first word is tried again. */
  maxRetries: number;
}

export interface RunRequest {
  session: Session;
  messages: ReadonlyArray<{ content: string; multi_content?: ContentPart[] }>;
  headers: ToolContext['headers'];
  signal: AbortSignal;
  gate: Gate<ResumeAnswer>;
  elicitation: Gate<ElicitationAnswer>;
  /** What is said while it goes on. */
  steering: Steering;
  emit: Emit;
}
