/**
 * The walls around the agent in local mode on Linux: each start of the engine is one of bwrap, with a view of the files
 * (view.ts), a filter of system calls (syscall-filter.ts), a network in which there is nothing but the doors (doors.ts),
 * and an end with ours (`--die-with-parent`, and the kernel ends a process namespace whole).
 */
import type { ChildProcess as NodeChild } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import type { Bubblewrap } from '@mobyclaw/lib/bubblewrap';
import type { Logger } from '@mobyclaw/lib/logger';
import { findSeals } from '@mobyclaw/lib/workspace-folders/seals';
import type { WorkspaceEntry } from '@mobyclaw/lib/workspaces-conf';
import type { ChildCommand } from '../child-process.ts';
import { childrenOf, descendantsOf, sendSignal } from '../process-table.ts';
import { type Door, openDoor } from './doors.ts';
import type { InsideOrder } from './inside-order.ts';
import { writeOwnEtc } from './own-etc.ts';
import { syscallFilter } from './syscall-filter.ts';
import { viewArguments } from './view.ts';

export interface SandboxOptions {
  bubblewrap: Extract<Bubblewrap, { possible: true }>;
  /** Bundle of the first program inside, see inside-main.ts. */
  inside: string;
  /** For what is prepared; nothing of it is for the agent to write. */
  folder: string;
  /** Home folder of the agent. */
  home: string;
  readOnly: readonly string[];
  writable: readonly string[];
  /** Those whose folders may be shown to his shell. */
  workspaces: readonly WorkspaceEntry[];
  doors: readonly Door[];
  modelsDevOffline: boolean;
  logger: Logger;
}

const FILTER_FD = 4;

export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #filter: string | null;
  readonly #etc: string[];
  #seals: Awaited<ReturnType<typeof findSeals>>['seals'] = [];
  #bwrap: number | null = null;

  constructor(options: SandboxOptions) {
    this.#options = options;
    const { folder, home } = options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#etc = writeOwnEtc(join(folder, 'etc'), {
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      home,
    });
    const filter = syscallFilter();
    this.#filter = filter && join(folder, 'syscalls.bpf');
    if (this.#filter !== null && filter !== null) writeFileSync(this.#filter, filter, { mode: 0o600 });
  }

  /** Whether system calls are filtered; not on a machine whose numbers are not known. */
  get filters(): boolean {
    return this.#filter !== null;
  }

  /** Looks for what is to be held in the workspaces. To be called before a start, while nothing runs inside. */
  async prepare(): Promise<void> {
    this.#seals = (await findSeals(this.#options.workspaces)).seals;
  }

  /** `/` of the agent, as this process can open it; null while he does not run. */
  get root(): string | null {
    if (this.#bwrap === null) return null;
    const [first] = childrenOf(this.#bwrap);
    return first === undefined ? null : `/proc/${first}/root`;
  }

  /** The same program with the same arguments and environment, inside. */
  wrap(command: ChildCommand): ChildCommand {
    const { bubblewrap, inside, readOnly, writable, workspaces, home, folder } = this.#options;
    const view = viewArguments({
      etc: { folder: join(folder, 'etc'), names: this.#etc },
      readOnly,
      writable,
      workspaces,
      seals: this.#seals,
      cwd: command.cwd ?? home,
    });
    const filter = this.#filter === null ? [] : ['--seccomp', String(FILTER_FD)];
    return {
      command: bubblewrap.program,
      args: [
        ...bubblewrap.flags,
        '--hostname',
        'moby',
        ...filter,
        ...view,
        '--',
        process.execPath,
        '--disable-warning=ExperimentalWarning', // of execve
        inside,
      ],
      env: {},
      cwd: '/',
      signal: signalInside,
      files: this.#filter === null ? [] : [this.#filter],
      onSpawn: (child) => this.#lead(child, command),
    };
  }

  /** Opens the doors and has the program run; closes them when it has ended. */
  #lead(child: NodeChild, { command, args, env }: ChildCommand): void {
    const { doors, modelsDevOffline, logger } = this.#options;
    this.#bwrap = child.pid ?? null;
    const closers: (() => void)[] = [];
    const send = (order: InsideOrder): void => {
      if (child.connected) child.send(order, (error) => error && logger.warn({ err: error }, 'sandbox left'));
    };
    child.on('message', ({ door }: { door: number }, server) => {
      const opened = doors[door];
      if (opened === undefined) return;
      closers.push(openDoor(server as Server, opened));
      if (closers.length === doors.length) send({ run: { command, args, env }, modelsDevOffline });
    });
    child.on('exit', () => {
      if (this.#bwrap === child.pid) this.#bwrap = null;
      for (const close of closers.splice(0)) close();
    });
    if (doors.length === 0) send({ run: { command, args, env }, modelsDevOffline });
    else send({ listen: doors.map(({ port }) => port) });
  }
}

/**
 * bwrap hands no signal on, and dies of one at once. So whoever is to end in order is told inside: all but bwrap and its
 * child, which is the first process of the namespace and takes all others along.
 */
function signalInside(bwrap: number, signal: NodeJS.Signals): void {
  const first = childrenOf(bwrap);
  const told =
    signal === 'SIGKILL' ? [...first, bwrap] : descendantsOf(bwrap).filter((pid) => !first.includes(pid));
  for (const pid of told) sendSignal(pid, signal);
}
