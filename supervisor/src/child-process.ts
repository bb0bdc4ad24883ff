/**
 * Keeps one process alive: starts it with exactly the environment it is given, starts it again with backoff when it
 * ends, writes what it prints to its log, and ends it with everything it has started.
 *
 * Invariant: at most one process at a time; the next starts only when the one before, its session included, is gone.
 * A start that fails (no such program) counts as an exit. Nothing here rejects or throws after construction.
 */
import { type ChildProcess as NodeChild, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { type BackoffOptions, backoffMs } from '@mobyclaw/lib/backoff';
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import { LastLines } from '@mobyclaw/lib/last-lines';
import { lastWords } from './last-words.ts';
import { signalTree } from './process-table.ts';

export interface ChildCommand {
  command: string;
  args: readonly string[];
  /** The whole environment: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  cwd?: string;
  /** Written to its standard input, which ends with that; without it there is none. */
  input?: string;
  /** How it is told a signal, where it is not the leader of a session that can be. */
  signal?: (pid: number, signal: NodeJS.Signals) => void;
  /** Files that it has open from descriptor 4 on, to be read. */
  files?: readonly string[];
  /** Called with the child, which then has a channel to this process at descriptor 3. */
  onSpawn?: (child: NodeChild) => void;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why it could not be started at all. */
  startError?: Error;
  ranForMs: number;
  /** Its last lines. */
  stdout: string[];
  stderr: string[];
}

export interface ChildLog {
  write(chunk: Uint8Array): void;
}

export interface ChildProcessOptions {
  /** Called for each start, so that a restart can bring another command. */
  command: () => ChildCommand;
  log: ChildLog;
  clock: Clock;
  backoff?: BackoffOptions;
  /** A child that lived this long starts its row of failures anew, in milliseconds. */
  stableAfterMs?: number;
  /** Time from SIGTERM to SIGKILL, in milliseconds. */
  graceMs?: number;
  onStart?: (pid: number) => void;
  /** @returns false where the child must not be started again; default true */
  onExit?: (exit: ChildExit) => boolean;
}

export interface ChildSnapshot {
  state: 'stopped' | 'running' | 'waiting' | 'stopping';
  pid: number | null;
  startedAt: number | null;
  /** Starts after an exit nobody asked for. */
  restarts: number;
  lastExit: ChildExit | null;
  stdout: string[];
  stderr: string[];
}

const BACKOFF: BackoffOptions = { firstMs: 200, maxMs: 10_000 };
const STABLE_AFTER_MS = 5_000; // longer than a part takes to find that it cannot work
const GRACE_MS = 5_000;
const DRAIN_MS = 1_000; // pipes held by a process that left the session must not hold up the restart

export class ChildProcess {
  readonly #options: ChildProcessOptions;
  readonly #stdout = new LastLines();
  readonly #stderr = new LastLines();
  #child: NodeChild | null = null;
  #startedAt: number | null = null;
  #signal: NonNullable<ChildCommand['signal']> = signalTree;
  #wanted = false;
  #stopping: Promise<void> | null = null;
  #retry: Timer | null = null;
  #failures = 0;
  #restarts = 0;
  #lastExit: ChildExit | null = null;
  #gone: Promise<void> = Promise.resolve();

  constructor(options: ChildProcessOptions) {
    this.#options = options;
  }

  get snapshot(): ChildSnapshot {
    const running = this.#child?.pid !== undefined;
    return {
      state: this.#stopping ? 'stopping' : running ? 'running' : this.#wanted ? 'waiting' : 'stopped',
      pid: this.#child?.pid ?? null,
      startedAt: running ? this.#startedAt : null,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
      stdout: this.#stdout.lines,
      stderr: this.#stderr.lines,
    };
  }

  /** Starts it now, unless it runs or waits to be started again. During a stop: once that is done. */
  start(): void {
    if (this.#stopping) {
      void this.#stopping.then(() => this.start());
      return;
    }
    if (this.#wanted) return;
    this.#wanted = true;
    this.#failures = 0;
    this.#spawn();
  }

  /** Resolves once it and its session are gone; it is not started again. */
  stop(graceMs = this.#options.graceMs ?? GRACE_MS): Promise<void> {
    this.#stopping ??= this.#stop(graceMs).finally(() => {
      this.#stopping = null;
    });
    return this.#stopping;
  }

  /** Ends it at once, for a supervisor that is about to die itself. */
  kill(): void {
    this.#wanted = false;
    this.#retry?.cancel();
    if (this.#child?.pid !== undefined) this.#signal(this.#child.pid, 'SIGKILL');
  }

  async #stop(graceMs: number): Promise<void> {
    this.#wanted = false;
    this.#retry?.cancel();
    this.#retry = null;
    const pid = this.#child?.pid;
    if (pid !== undefined) {
      const kill = this.#options.clock.after(graceMs, () => this.#signal(pid, 'SIGKILL'));
      this.#signal(pid, 'SIGTERM');
      await this.#gone;
      kill.cancel();
    }
    await this.#gone;
  }

  #spawn(): void {
    this.#retry = null;
    this.#stdout.clear();
    this.#stderr.clear();
    const startedAt = this.#options.clock.now();
    this.#startedAt = startedAt;
    let child: NodeChild;
    try {
      const command = this.#options.command();
      this.#signal = command.signal ?? signalTree;
      child = spawnChild(command);
    } catch (error) {
      this.#ended({
        code: null,
        signal: null,
        startError: error as Error,
        ranForMs: 0,
        stdout: [],
        stderr: [],
      });
      return;
    }
    this.#child = child;
    this.#gone = new Promise((resolve) => this.#follow(child, startedAt, resolve));
    if (child.pid !== undefined) this.#options.onStart?.(child.pid);
  }

  #follow(child: NodeChild, startedAt: number, gone: () => void): void {
    const { clock, log } = this.#options;
    child.stdout?.on('data', (chunk: Buffer) => {
      log.write(chunk);
      this.#stdout.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      log.write(chunk);
      this.#stderr.push(chunk);
    });
    let finished = false;
    const finish = (exit: Pick<ChildExit, 'code' | 'signal' | 'startError'>): void => {
      if (finished) return;
      finished = true;
      child.stdout?.destroy();
      child.stderr?.destroy();
      this.#child = null;
      gone();
      this.#ended({
        ...exit,
        ranForMs: clock.now() - startedAt,
        stdout: this.#stdout.lines,
        stderr: this.#stderr.lines,
      });
    };
    child.on('error', (error) => {
      if (child.pid === undefined) finish({ code: null, signal: null, startError: error });
    });
    child.on('exit', (code, signal) => {
      if (child.pid !== undefined) signalTree(child.pid, 'SIGKILL'); // what it has left
      const timer = clock.after(DRAIN_MS, () => finish({ code, signal }));
      child.on('close', () => {
        timer.cancel();
        finish({ code, signal });
      });
    });
  }

  #ended(exit: ChildExit): void {
    const { clock, backoff = BACKOFF, stableAfterMs = STABLE_AFTER_MS, onExit } = this.#options;
    this.#lastExit = exit;
    if (!this.#wanted) return;
    if (exit.ranForMs >= stableAfterMs) this.#failures = 0;
    this.#failures++;
    if (onExit?.(exit) === false) {
      this.#wanted = false;
      return;
    }
    if (!this.#wanted) return; // stopped by the callback
    this.#retry = clock.after(backoffMs(this.#failures, backoff), () => {
      this.#restarts++;
      this.#spawn();
    });
  }
}

function spawnChild({ command, args, env, cwd, input, files = [], onSpawn }: ChildCommand): NodeChild {
  const opened = files.map((path) => openSync(path, 'r'));
  try {
    const child = spawn(command, args, {
      env,
      cwd,
      detached: true, // leader of its own session: a Ctrl-C in a terminal is for the supervisor alone
      stdio: [
        input === undefined ? 'ignore' : 'pipe',
        'pipe',
        'pipe',
        ...(onSpawn === undefined ? [] : (['ipc', ...opened] as const)),
      ],
    });
    // One that dies before it has read it says so by its end.
    child.stdin?.on('error', () => undefined).end(input);
    onSpawn?.(child);
    return child;
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** One line for people: how a child ended, with the last thing it said. */
export function describeExit(exit: ChildExit): string {
  const last = lastWords(exit);
  const said = last === null ? '' : `: ${last}`;
  if (exit.startError) return `could not be started: ${exit.startError.message}`;
  return exit.signal ? `was ended by ${exit.signal}${said}` : `ended with code ${exit.code}${said}`;
}
