/**
 * Keeps the agent running on the published soul.yaml: runs the engine on a copy that is fitted to it (fitted-soul.ts), anew
 * at every start.
 *
 * A reload is the owner's doing: it has one try and an answer. A crash is not: an agent that was good before is started
 * again for ever, with backoff. An agent that serves but does not list the file is stopped and stays so (state `broken`)
 * until the next reload, since only another file can help. `ready` is said only after the agent has listed the file.
 */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BackoffOptions, backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause, type Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { mendPrivateDatabase } from '@mobyclaw/lib/private-database';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { modelProblem } from '@mobyclaw/lib/soul-models';
import type { ReloadResult, SoulProblem, SupervisorStatus } from '@mobyclaw/protocol/control';
import { type AgentAddress, probeListing } from './agent-probe.ts';
import type { AgentSocket } from './agent-socket.ts';
import { type ChildExit, type ChildLog, ChildProcess, describeExit } from './child-process.ts';
import type { FoundEngine } from './engine.ts';
import { serveCommand, takesToken } from './engine-command.ts';
import { describeEngineProblem, sentence } from './engine-problem.ts';
import { linkSkills, readsLinkedSkills } from './engine-skills.ts';
import type { RelayAccess } from './fit-models.ts';
import { FittedSoul } from './fitted-soul.ts';
import { lastWords } from './last-words.ts';
import { overwriteDatabase } from './overwrite-database.ts';
import type { Sandbox } from './sandbox/sandbox.ts';

export interface AgentSupervisorOptions {
  engine: FoundEngine;
  /** The published file. */
  published: string;
  /** Where the fitted copy goes; must be named as the published one. */
  fitted: string;
  /** Through which models are asked. */
  relay?: RelayAccess | null;
  sessionDb: string;
  cwd: string;
  /** `host:port` or `unix:///path`, as cagent's `--listen`. */
  listen: string;
  /** Of a unix socket that is asked under another name than it is listened on. */
  socket?: AgentSocket;
  /** Walls around the engine. */
  sandbox?: Pick<Sandbox, 'prepare' | 'wrap'>;
  token: string | undefined;
  /** What the agent is handed, with what is in the soul.yaml that it is about to run. */
  env: (soul: string) => Readonly<Record<string, string>>;
  log: ChildLog;
  logger: Logger;
  clock: Clock;
  /** Time for a reloaded agent to list itself, in milliseconds. */
  reloadMs?: number;
  pollMs?: number;
  graceMs?: number;
  backoff?: BackoffOptions;
  onChange?: () => void;
}

const RELOAD_MS = 20_000; // cagent lists itself 50 ms after its start; a loaded machine may need seconds
const POLL_MS = 30;
const GRACE_MS = 5_000; // cagent ends at once, the embedded agent closes its tools within 3 s
const RETRY: BackoffOptions = { firstMs: 200, maxMs: 10_000 };

const ALTERED =
  "the agent's copy of soul.yaml was rewritten by another program while he started, so he was not let run on it.";

const STOPPING: SoulProblem = { message: 'the supervisor is being stopped.' };

type Outcome = { ok: true } | { ok: false; problem: SoulProblem; refused: boolean };

export class AgentSupervisor {
  readonly #options: AgentSupervisorOptions;
  readonly #child: ChildProcess;
  readonly #address: AgentAddress;
  #state: SupervisorStatus['state'] = 'starting';
  #problem: SoulProblem | undefined;
  readonly #soul: FittedSoul;
  #proven = false;
  #stopped = false;
  readonly #work = new SerialQueue();
  #retry: Timer | null = null;
  #failures = 0;
  #watch = new AbortController();
  #exit: ((exit: ChildExit) => boolean) | null = null;

  constructor(options: AgentSupervisorOptions) {
    this.#options = options;
    this.#soul = new FittedSoul(options);
    const { engine, listen, socket, sandbox, clock, log, backoff = RETRY, graceMs = GRACE_MS } = options;
    this.#address = {
      url: socket
        ? `unix://${socket.path}`
        : listen.startsWith('unix://')
          ? listen
          : `http://${listen.replace(/^(0\.0\.0\.0)?:/, '127.0.0.1:')}`,
      token: takesToken(engine) ? options.token : undefined,
    };
    this.#child = new ChildProcess({
      command: () => {
        // What a killed agent leaves; not every engine removes it, and no other process listens there.
        if (socket) socket.clear();
        else if (listen.startsWith('unix://')) rmSync(listen.slice('unix://'.length), { force: true });
        mendPrivateDatabase(options.sessionDb); // cagent makes it by the umask
        this.#soul.make();
        const kit = dirname(options.published);
        if (readsLinkedSkills(engine)) linkSkills(options.cwd, kit);
        const command = serveCommand(engine, {
          ...options,
          kit,
          env: options.env(this.#soul.source),
          soul: options.fitted,
        });
        return sandbox?.wrap(command) ?? command;
      },
      log,
      clock,
      graceMs,
      backoff,
      onStart: (pid) => {
        options.logger.info({ pid }, 'agent started');
        options.onChange?.();
      },
      onExit: (exit) => this.#exit?.(exit) ?? true,
    });
  }

  get status(): SupervisorStatus {
    const { pid, startedAt, restarts } = this.#child.snapshot;
    const { kind, version } = this.#options.engine;
    return {
      engine: { kind, version },
      state: this.#state,
      pid,
      startedAt: startedAt === null ? null : new Date(startedAt).toISOString(),
      restarts,
      soul: this.#soul.published,
      ...(this.#soul.altered ? { altered: true } : {}),
      ...(this.#problem ? { problem: this.#problem } : {}),
    };
  }

  /** Brings the agent up on what is published now. Resolves after the first try; goes on trying by itself. */
  start(): Promise<void> {
    return this.#work.run(() => this.#firstStart());
  }

  /** Restarts the agent on what is published now. Reloads that come meanwhile are done one after another. */
  reload(): Promise<ReloadResult> {
    return this.#work.run(async () => {
      if (this.#stopped) return { ok: false, problem: STOPPING };
      const outcome = await this.#bringUp();
      if (outcome.ok) return { ok: true, soul: this.#soul.published ?? '' };
      this.#options.logger.warn({ problem: outcome.problem }, 'soul.yaml not taken');
      await this.#child.stop();
      this.#become('broken', outcome.problem);
      return { ok: false, problem: outcome.problem };
    });
  }

  /**
   * Writes the engine's database anew, so that nothing of what was deleted stays in pages that it does not use any more. The
   * engine is stopped for it, since no other process may do that while it runs.
   * @returns the problem, if it was not done; null where it was
   */
  overwriteSessions(): Promise<string | null> {
    return this.#work.run(async () => {
      if (this.#stopped) return 'The supervisor is being stopped.';
      this.#watch.abort();
      this.#exit = () => false;
      await this.#child.stop();
      const problem = overwriteDatabase(this.#options.sessionDb);
      if (problem !== null)
        this.#options.logger.error({ problem }, 'the database of the agent was not written anew');
      const outcome = await this.#bringUp();
      if (!outcome.ok && !this.#stopped) {
        await this.#child.stop();
        this.#become('broken', outcome.problem);
      }
      return problem;
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    this.#watch.abort();
    await this.#child.stop();
    await this.#work.idle();
    await this.#child.stop();
    this.#become('down', undefined);
  }

  /** Ends the agent at once. */
  kill(): void {
    this.#stopped = true;
    this.#retry?.cancel();
    this.#watch.abort();
    this.#child.kill();
  }

  async #firstStart(): Promise<void> {
    if (this.#stopped) return;
    const outcome = await this.#bringUp();
    if (outcome.ok || this.#stopped) return;
    await this.#child.stop();
    this.#options.logger.warn({ problem: outcome.problem }, 'agent does not come up');
    if (outcome.refused) return this.#become('broken', outcome.problem);
    // Nothing published yet, or the process does not stay: neither is the file's fault.
    this.#become('down', outcome.problem);
    const { clock, backoff = RETRY } = this.#options;
    this.#failures++;
    this.#retry = clock.after(backoffMs(this.#failures, backoff), () => void this.start());
  }

  /** Stops what runs, then starts on the published file and waits for the verdict. */
  async #bringUp(): Promise<Outcome> {
    this.#retry?.cancel();
    this.#watch.abort();
    this.#exit = () => false;
    this.#become('starting', undefined);
    await this.#child.stop();
    const failure = this.#fit();
    if (failure) return { ok: false, problem: failure, refused: false };
    await this.#options.sandbox?.prepare();
    if (this.#stopped) return { ok: false, problem: STOPPING, refused: false };
    this.#proven = false;
    const { clock, reloadMs = RELOAD_MS } = this.#options;
    const verdict = Promise.withResolvers<Outcome>();
    const watch = new AbortController();
    this.#watch = watch;
    // A kill from outside says nothing about the file, so such a start is tried again until the deadline.
    this.#exit = (exit) => {
      if (exit.signal && !exit.startError) return true;
      verdict.resolve({ ok: false, problem: this.#exitProblem(exit), refused: false });
      return false;
    };
    const deadline = clock.after(reloadMs, () => {
      const message = sentence(`the agent did not come up within ${reloadMs / 1000} s${this.#lastWords()}`);
      verdict.resolve({ ok: false, problem: { message }, refused: false });
    });
    void this.#untilListed(watch.signal).then((outcome) => outcome && verdict.resolve(outcome));
    watch.signal.addEventListener('abort', () =>
      verdict.resolve({ ok: false, problem: STOPPING, refused: false }),
    );
    this.#child.start();
    const outcome = await verdict.promise;
    deadline.cancel();
    watch.abort();
    if (outcome.ok) this.#good();
    return outcome;
  }

  #good(): void {
    this.#proven = true;
    this.#failures = 0;
    this.#become('ready', this.#modelProblem());
    this.#exit = (exit) => {
      this.#options.logger.warn({ code: exit.code, signal: exit.signal }, 'agent ended; starting it again');
      this.#become('down', this.#exitProblem(exit));
      void this.#recovered();
      return true;
    };
  }

  /** After a crash of a good agent: `ready` again only once it lists itself, however many starts that takes. */
  async #recovered(): Promise<void> {
    if (!this.#watch.signal.aborted) return; // already watching
    const watch = new AbortController();
    this.#watch = watch;
    const outcome = await this.#untilListed(watch.signal);
    if (watch.signal.aborted || !this.#proven) return;
    watch.abort();
    if (outcome?.ok) this.#become('ready', this.#modelProblem());
    else if (outcome && !outcome.refused) {
      this.#options.logger.error({ problem: outcome.problem }, 'agent does not run what was published');
      void this.start();
    } else if (outcome) {
      // It refuses a file that it took before: its surroundings changed. Only another reload can tell.
      await this.#child.stop();
      this.#become('broken', outcome.problem);
    }
  }

  /** @returns null when `signal` ends the wait */
  async #untilListed(signal: AbortSignal): Promise<Outcome | null> {
    const { clock, pollMs = POLL_MS } = this.#options;
    while (!signal.aborted) {
      const { state, pid } = this.#child.snapshot;
      if (state === 'running') {
        this.#options.socket?.adopt();
        const listing = await probeListing(this.#address, signal);
        if (signal.aborted) return null;
        if (this.#child.snapshot.pid !== pid) continue; // the one that answered is gone
        if (listing.kind === 'listed') {
          if (!this.#soul.altered) return { ok: true };
          return { ok: false, problem: { message: ALTERED }, refused: false };
        }
        if (listing.kind === 'refused') {
          const said =
            listing.said ?? lastWords(this.#child.snapshot) ?? 'the agent does not take this soul.yaml';
          return { ok: false, problem: describeEngineProblem(said, this.#soul.source), refused: true };
        }
      }
      await pause(clock, pollMs, signal);
    }
    return null;
  }

  #fit(): SoulProblem | null {
    try {
      this.#soul.make();
      return null;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const { published } = this.#options;
      if (code === 'ENOENT')
        return { message: `no soul.yaml is published yet (${published}); memory publishes it.` };
      return { message: `soul.yaml cannot be handed to the agent: ${message}.` };
    }
  }

  #exitProblem(exit: ChildExit): SoulProblem {
    const place = describeEngineProblem(exit.stderr.join('\n'), this.#soul.source);
    return { ...place, message: sentence(`the agent ${describeExit(exit)}`) };
  }

  /** It runs, and lists itself, but what it is asked fails: that is told before anybody asks. */
  #modelProblem(): SoulProblem | undefined {
    const { engine, env } = this.#options;
    const { source } = this.#soul;
    const message = modelProblem(source, env(source), engine.kind);
    return message === null ? undefined : { message };
  }

  #lastWords(): string {
    const last = lastWords(this.#child.snapshot);
    return last === null ? '' : `: ${last}`;
  }

  #become(state: SupervisorStatus['state'], problem: SoulProblem | undefined): void {
    this.#state = state;
    this.#problem = problem;
    this.#options.onChange?.();
  }
}
