/**
 * The agent as the HTTP routes see it: soul.yaml read once, sessions, and the runs that go on. At most one run a
 * session: the place is taken before anything is awaited, so two requests a moment apart cannot both have it.
 */
import { statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import type { Clock } from '@mobyclaw/lib/clock';
import { type Environment, ModelConfigError } from '@mobyclaw/lib/model-ref';
import { Member } from './member.ts';
import { Gate } from './run/gate.ts';
import { Cooldown } from './run/model-chain.ts';
import type { Emit } from './run/run-events.ts';
import type { RunEnd, Runner, RunRequest } from './run/run-request.ts';
import { Steering } from './run/steering.ts';
import type { ResumeAnswer } from './run/tool-calls.ts';
import { loadSoul } from './soul/load.ts';
import type { Soul } from './soul/schema.ts';
import type { Session, SessionStore } from './store/session-store.ts';
import type { ElicitationAnswer } from './tools/tool.ts';
import type { ToolboxOptions } from './tools/toolbox.ts';

const DEFAULT_RETRIES = 2;
const ROOT = 'root';

export interface AgentOptions {
  soulPath: string;
  store: SessionStore;
  environment: Environment;
  clock: Clock;
  workingDir: string;
  maxRetries?: number;
  fetch?: ToolboxOptions['fetch'];
}

/** A run that goes on, as far as other requests have to do with it. */
interface ActiveRun {
  gate: Gate<ResumeAnswer>;
  elicitation: Gate<ElicitationAnswer>;
  steering: Steering;
  cancel: AbortController;
  ended: Promise<void>;
}

/** What soul.yaml defines. */
interface Team {
  soul: Soul;
  members: ReadonlyMap<string, Member>;
}

export class SessionBusyError extends Error {
  override name = 'SessionBusyError';
}

/** The model that a run names cannot be asked. */
export class UnsupportedModelError extends Error {
  override name = 'UnsupportedModelError';
}

export class SessionNotFoundError extends Error {
  override name = 'SessionNotFoundError';
}

export class UnknownAgentError extends Error {
  override name = 'UnknownAgentError';
}

export class Agent {
  /** Its key in the API: the name of the file without its ending. */
  readonly key: string;
  readonly #options: AgentOptions;
  readonly #team: Team | { problem: Error };
  readonly #active = new Map<string, ActiveRun>();
  /**
   * Sessions that ran in this process, each with the agent that its first run named: later ones cannot change it, as in
   * cagent. `/resume` knows no others.
   */
  readonly #used = new Map<string, { member: Member; cooldown: Cooldown }>();
  #closing = false;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.key = basename(options.soulPath, extname(options.soulPath));
    this.#team = this.#load();
  }

  #load(): Team | { problem: Error } {
    const { soulPath, environment, workingDir, clock, store, fetch } = this.#options;
    try {
      const soul = loadSoul(soulPath);
      const options = { environment, workingDir, clock, todos: store, ...(fetch ? { fetch } : {}) };
      const members = Object.entries(soul.agents).map(
        ([name, config]) => [name, new Member(name, config, soul, options)] as const,
      );
      return { soul, members: new Map(members) };
    } catch (problem) {
      return { problem: problem as Error };
    }
  }

  /** @throws SoulError where soul.yaml was broken when this process started */
  get soul(): Soul {
    return this.#loaded().soul;
  }

  get broken(): boolean {
    return 'problem' in this.#team;
  }

  #loaded(): Team {
    if ('problem' in this.#team) throw this.#team.problem;
    return this.#team;
  }

  /** @throws UnknownAgentError, SoulError */
  #member(name: string): Member {
    const { members } = this.#loaded();
    const member = members.get(name);
    if (member) return member;
    const names = [...members.keys()].join(', ');
    throw new UnknownAgentError(`agent not found: ${name} (available agents: ${names})`);
  }

  /** Loads what the first run needs, so that it need not wait for it. A failure shows when something is asked. */
  async warmUp(): Promise<void> {
    await Promise.allSettled([
      import('./run/run.ts'),
      import('@modelcontextprotocol/sdk/client/index.js'),
      Promise.resolve().then(() => this.#member(ROOT).models()),
    ]);
  }

  /** What could not be used of the tools when they were listed last, one line each. */
  get toolProblems(): string[] {
    if ('problem' in this.#team) return [];
    return [...new Set([...this.#team.members.values()].flatMap(({ toolbox }) => toolbox.failures))];
  }

  /** How many tools an agent has now, MCP servers that answer included. @throws what would keep a run of any agent from starting */
  async toolsCount(name: string): Promise<number> {
    const member = this.#member(name);
    await Promise.all([...this.#loaded().members.values()].map((one) => one.models()));
    return (await member.toolbox.offer({ headers: {} })).tools.size;
  }

  createSession(
    options: Pick<Session, 'permissions' | 'toolsApproved'> & { workingDir?: string | undefined },
  ): Session {
    const { store, clock } = this.#options;
    return store.create({
      workingDir: options.workingDir ? existingFolder(options.workingDir) : null,
      toolsApproved: options.toolsApproved,
      permissions: options.permissions,
      now: new Date(clock.now()),
    });
  }

  /**
   * Runs one prompt. `start` is called when nothing can fail any more but the run itself, is told which agent runs, and
   * gives where events go.
   * @param agentName one of soul.yaml; root unless given. The first run of a session decides.
   * @param model for this run alone, where it names one; in cagent it stays the session's
   * @returns `cut` where the client left, the session was deleted or the agent is being stopped
   * @throws SessionNotFoundError, SessionBusyError, UnknownAgentError, UnsupportedModelError, SoulError, ModelConfigError before `start` is called
   */
  async run(
    sessionId: string,
    request: Pick<RunRequest, 'messages' | 'headers'> & {
      agentName?: string;
      model?: string;
      signal: AbortSignal;
    },
    start: (agentName: string) => Emit,
  ): Promise<RunEnd> {
    if (this.#closing) return 'cut';
    if (!this.#options.store.get(sessionId)) throw new SessionNotFoundError('session not found');
    if (this.#active.has(sessionId)) throw new SessionBusyError('session is already processing a request');
    const ended = Promise.withResolvers<void>();
    const active: ActiveRun = {
      gate: new Gate(),
      elicitation: new Gate(),
      steering: new Steering(),
      cancel: new AbortController(),
      ended: ended.promise,
    };
    this.#active.set(sessionId, active);
    try {
      const used = this.#used.get(sessionId) ?? {
        member: this.#member(request.agentName ?? ROOT),
        cooldown: new Cooldown(),
      };
      const { member, cooldown } = used;
      const [models, { run }] = await Promise.all([
        request.model === undefined ? member.models() : named(member, request.model),
        import('./run/run.ts'),
      ]);
      const session = this.#options.store.get(sessionId);
      if (!session) throw new SessionNotFoundError('session not found');
      this.#used.set(sessionId, used);
      const { store, clock, workingDir, environment, maxRetries = DEFAULT_RETRIES } = this.#options;
      return await run(
        {
          soul: this.soul,
          ...runnerOf(member, models),
          runner: async (name) => {
            const other = this.#member(name);
            return runnerOf(other, await other.models());
          },
          handOn: async (name) => {
            const other = this.#member(name);
            const runner = runnerOf(other, await other.models());
            this.#used.set(sessionId, { member: other, cooldown: new Cooldown() });
            return runner;
          },
          cooldown,
          store,
          clock,
          workingDir,
          home: environment.HOME,
          maxRetries,
        },
        {
          session,
          messages: request.messages,
          headers: request.headers,
          signal: AbortSignal.any([request.signal, active.cancel.signal]),
          gate: active.gate,
          elicitation: active.elicitation,
          steering: active.steering,
          emit: start(member.name),
        },
      );
    } finally {
      this.#active.delete(sessionId);
      ended.resolve();
    }
  }

  /** @returns false where the session never ran in this process; an answer that nobody waits for is dropped */
  resume(sessionId: string, answer: ResumeAnswer | null): boolean {
    if (answer) this.#active.get(sessionId)?.gate.answer(answer);
    return this.#used.has(sessionId);
  }

  /** Puts messages into the session's run. @returns `over` where none goes on that takes any */
  steer(sessionId: string, messages: RunRequest['messages']): 'taken' | 'full' | 'over' {
    return this.#active.get(sessionId)?.steering.add(messages) ?? 'over';
  }

  /** @returns what happened to the answer */
  elicitation(sessionId: string, answer: ElicitationAnswer): 'given' | 'nobody-waits' | 'unknown-session' {
    if (!this.#used.has(sessionId)) return 'unknown-session';
    return this.#active.get(sessionId)?.elicitation.answer(answer) ? 'given' : 'nobody-waits';
  }

  /** Ends the session's run, if one goes on, then deletes it. @returns false where there is no such session */
  async deleteSession(sessionId: string): Promise<boolean> {
    const active = this.#active.get(sessionId);
    active?.cancel.abort();
    await active?.ended;
    this.#used.delete(sessionId);
    return this.#options.store.delete(sessionId);
  }

  /** Cancels all runs, waits until what they produced is stored, and lets the MCP servers go. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const active of this.#active.values()) active.cancel.abort();
    await Promise.all([...this.#active.values()].map((active) => active.ended));
    if ('problem' in this.#team) return;
    await Promise.all([...this.#team.members.values()].map(({ toolbox }) => toolbox.close()));
  }
}

function runnerOf(member: Member, models: Runner['models']): Runner {
  const { name, config, toolbox } = member;
  return { agentName: name, agent: config, models, toolbox };
}

async function named(member: Member, model: string): ReturnType<Member['models']> {
  try {
    return await member.modelsWith(model);
  } catch (error) {
    if (error instanceof ModelConfigError) throw new UnsupportedModelError(error.message, { cause: error });
    throw error;
  }
}

function existingFolder(path: string): string {
  const absolute = resolve(path);
  if (!statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`working directory does not exist: ${path}`);
  }
  return absolute;
}
