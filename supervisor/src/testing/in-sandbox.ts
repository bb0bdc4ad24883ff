/** A sandbox as local mode has it, on a data directory of its own, in which tests run commands. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBubblewrap } from '@mobyclaw/lib/bubblewrap';
import { systemClock } from '@mobyclaw/lib/clock';
import { createLogger } from '@mobyclaw/lib/logger';
import type { WorkspaceEntry } from '@mobyclaw/lib/workspaces-conf';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { onTestFinished } from 'vitest';
import { type ChildExit, ChildProcess } from '../child-process.ts';
import type { Door } from '../sandbox/doors.ts';
import { Sandbox } from '../sandbox/sandbox.ts';

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');
const INSIDE = fileURLToPath(new URL('../sandbox/inside-main.ts', import.meta.url));

export interface Inside {
  sandbox: Sandbox;
  child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  ended: Promise<ChildExit>;
}

export interface Place {
  /** The owner's home folder. */
  owner: string;
  /** The data directory, in it. */
  data: string;
}

export function newPlace(): Place {
  const owner = temporaryFolder();
  const data = join(owner, '.mobyclaw');
  for (const name of ['agent', 'sessions/work', 'sessions/home', 'run', 'gateway'])
    mkdirSync(join(data, name), { recursive: true });
  return { owner, data };
}

export interface InsideOptions {
  place?: Place;
  workspaces?: readonly WorkspaceEntry[];
  doors?: readonly Door[];
  env?: Readonly<Record<string, string>>;
  command?: string;
  args?: readonly string[];
}

/** Starts `script` with bash, or the command that is given; ended when the test is. */
export async function startInside(script: string, options: InsideOptions = {}): Promise<Inside> {
  const { place = newPlace(), workspaces = [], doors = [], env = {} } = options;
  const { data } = place;
  const bubblewrap = await findBubblewrap(process.env.PATH);
  if (!bubblewrap.possible) throw new Error(bubblewrap.why);
  const home = join(data, 'sessions/home');
  const sandbox = new Sandbox({
    bubblewrap,
    inside: INSIDE,
    folder: join(data, 'run/sandbox'),
    home,
    readOnly: [CHECKOUT, dirname(process.execPath), join(data, 'agent')],
    writable: [join(data, 'sessions')],
    workspaces,
    doors,
    modelsDevOffline: false,
    logger: createLogger('test', 'silent'),
  });
  await sandbox.prepare();
  const chunks: Buffer[] = [];
  const end = Promise.withResolvers<ChildExit>();
  const child = new ChildProcess({
    command: () =>
      sandbox.wrap({
        command: options.command ?? '/bin/bash',
        args: options.args ?? ['-c', script],
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home, ...env },
        cwd: join(data, 'sessions/work'),
      }),
    log: { write: (chunk) => chunks.push(Buffer.from(chunk)) },
    clock: systemClock,
    onExit: (exit) => {
      end.resolve(exit);
      return false;
    },
  });
  onTestFinished(async () => {
    child.kill();
    await child.stop();
  });
  child.start();
  return { sandbox, child, output: () => Buffer.concat(chunks).toString(), ended: end.promise };
}

/** Runs it to its end. @returns what it printed, without the last newline */
export async function runInside(script: string, options: InsideOptions = {}): Promise<string> {
  const { ended, output } = await startInside(script, options);
  await ended;
  return output().replace(/\n$/, '');
}
