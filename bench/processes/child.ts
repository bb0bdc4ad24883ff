/** A child process under test: started, asked for its memory, killed at any moment; never left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface ChildOptions {
  /** Arguments of the node that runs this. */
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Where stderr goes, and stdout too unless it is `piped`; appended to. */
  logFile: string;
  piped?: boolean;
  /** Path of the node that runs it; this process's own unless given. */
  node?: string;
  /** How it is ended where this process ends before; SIGKILL unless given. */
  atExit?: NodeJS.Signals;
}

export interface Memory {
  rssMb: number;
  /** Private memory; the rest is mostly the program file of node, which its processes share. */
  anonMb: number;
}

const started = new Map<ChildProcess, NodeJS.Signals>();
process.once('exit', () => {
  for (const [child, signal] of started) child.kill(signal);
});

export class Child {
  readonly pid: number;
  readonly stdout: ChildProcess['stdout'];
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
  #ended = false;
  readonly #process: ChildProcess;

  constructor({
    args,
    env,
    logFile,
    node = process.execPath,
    piped = false,
    atExit = 'SIGKILL',
  }: ChildOptions) {
    const log = openSync(logFile, 'a', 0o600);
    this.#process = spawn(node, args, { env, stdio: ['ignore', piped ? 'pipe' : log, log] });
    closeSync(log);
    started.set(this.#process, atExit);
    this.pid = this.#process.pid ?? 0;
    this.stdout = this.#process.stdout;
    this.exited = new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      this.#process.once('exit', (code, signal) => {
        this.#ended = true;
        started.delete(this.#process);
        resolve(code ?? signal ?? 'unknown');
      });
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#process.kill(signal);
    await this.exited;
  }

  memory(): Memory {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const read = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
    return { rssMb: read('VmRSS'), anonMb: read('RssAnon') };
  }

  /** Milliseconds of processor time used so far. */
  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10; // utime and stime in 1/100 s
  }
}
