/**
 * One of our own parts (memory, gateway) as a kept child: ready when its health route says so, again after each restart.
 * `firstVerdict` tells a start that waits for it: true once it is ready, false once it was stopped before that. Why it
 * ended the last time stays its problem until it is ready again.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { type ChildExit, type ChildLog, ChildProcess, describeExit } from './child-process.ts';
import { untilHealthy } from './health-watch.ts';
import type { PartReport } from './local-parts.ts';
import { handSecrets } from './part-input.ts';

export interface NodePartOptions {
  name: string;
  bundle: string;
  cwd: string;
  /** All that it is to have; its secrets go by standard input. */
  env: Readonly<Record<string, string>>;
  health: { url: string; path: string };
  log: ChildLog;
  clock: Clock;
  logger: Logger;
  graceMs: number;
  onChange: (report: PartReport) => void;
}

export class NodePart {
  readonly firstVerdict: Promise<boolean>;
  readonly #options: NodePartOptions;
  readonly #child: ChildProcess;
  readonly #verdict = Promise.withResolvers<boolean>();
  #watch = new AbortController();
  #problem: string | undefined;

  constructor(options: NodePartOptions) {
    const { name, bundle, cwd, env, log, clock, logger, graceMs } = options;
    this.#options = options;
    this.firstVerdict = this.#verdict.promise;
    this.#child = new ChildProcess({
      command: () => ({ command: process.execPath, args: [bundle], cwd, ...handSecrets(env) }),
      log,
      clock,
      graceMs,
      onStart: (pid) => {
        logger.info({ pid, child: name }, 'part started');
        this.#become('starting', this.#problem);
        void this.#watchHealth();
      },
      onExit: (exit) => this.#ended(exit),
    });
  }

  start(): void {
    this.#child.start();
  }

  async stop(): Promise<void> {
    this.#watch.abort();
    this.#become('stopping', undefined);
    await this.#child.stop();
    this.#become('stopped', undefined);
    this.#verdict.resolve(false);
  }

  kill(): void {
    this.#watch.abort();
    this.#child.kill();
  }

  async #watchHealth(): Promise<void> {
    this.#watch.abort();
    const watch = new AbortController();
    this.#watch = watch;
    const { health, clock } = this.#options;
    if (!(await untilHealthy(health.url, health.path, clock, watch.signal))) return;
    this.#become('ready', undefined);
    this.#verdict.resolve(true);
  }

  #ended(exit: ChildExit): boolean {
    const { name, logger } = this.#options;
    this.#watch.abort();
    logger.warn({ child: name, code: exit.code, signal: exit.signal }, 'part ended; starting it again');
    this.#become('restarting', `${name} ${describeExit(exit)} (see logs/${name}.log)`);
    return true;
  }

  #become(state: PartReport['state'], problem: string | undefined): void {
    this.#problem = problem;
    const { pid, restarts } = this.#child.snapshot;
    this.#options.onChange({ state, pid, restarts, ...(problem === undefined ? {} : { problem }) });
  }
}
