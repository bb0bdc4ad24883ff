/**
 * Whether local mode puts walls around the agent, and the sandbox that these are. `MOBYCLAW_SANDBOX` says what the owner
 * wants; what this machine can do is found out by doing it. What is open is told in run/local.json, for `up`, `status` and
 * `doctor`: nothing here is ever less closed than it says.
 */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Bubblewrap, findBubblewrap, reaches } from '@mobyclaw/lib/bubblewrap';
import type { Logger } from '@mobyclaw/lib/logger';
import { StartError } from '@mobyclaw/lib/start-error';
import { folderFault, forbiddenPlaces } from '@mobyclaw/lib/workspace-folders/forbidden-places';
import type { WorkspaceEntry } from '@mobyclaw/lib/workspaces-conf';
import type { SandboxReport } from '@mobyclaw/protocol/local-state';
import type { AgentSocket } from './agent-socket.ts';
import type { FoundEngine } from './engine.ts';
import type { HomeFolder } from './home-folder.ts';
import type { Door } from './sandbox/doors.ts';
import { Sandbox } from './sandbox/sandbox.ts';
import { isOfTheSystem } from './sandbox/view.ts';

export interface Walls {
  /** Null where there are none. */
  bubblewrap: Extract<Bubblewrap, { possible: true }> | null;
  report: SandboxReport;
}

/**
 * @param wish `MOBYCLAW_SANDBOX`: auto, on or off
 * @param path PATH
 * @param home the data directory
 * @throws StartError where walls are wanted and cannot be had
 */
export async function planWalls(wish: string, path: string | undefined, home: string): Promise<Walls> {
  if (wish === 'off') return { bubblewrap: null, report: { state: 'off' } };
  const bubblewrap = await findBubblewrap(path, home);
  if (bubblewrap.possible) return { bubblewrap, report: { state: 'on' } };
  const { why, cure } = bubblewrap;
  if (wish === 'on') {
    throw new StartError(
      [`MOBYCLAW_SANDBOX is on, but ${why}.`, cure, 'Or set it to auto, and Moby runs without walls.']
        .filter(Boolean)
        .join(' '),
    );
  }
  return { bubblewrap: null, report: { state: 'impossible', why, cure } };
}

export interface WallsOptions {
  bubblewrap: NonNullable<Walls['bubblewrap']>;
  folder: HomeFolder;
  socket: AgentSocket;
  engine: FoundEngine;
  /** Bundle of the first program inside. */
  inside: string;
  workspaces: readonly WorkspaceEntry[];
  /** Files and folders that he reads besides. */
  readOnly: readonly string[];
  doors: readonly Door[];
  modelsDevOffline: boolean;
  environment: Readonly<Record<string, string | undefined>>;
  logger: Logger;
}

/** @returns the sandbox, and the workspaces that his shell does not get, as sentences */
export async function buildWalls(options: WallsOptions): Promise<{ sandbox: Sandbox; withheld: string[] }> {
  const { bubblewrap, folder, socket, engine, inside, doors, modelsDevOffline, environment, logger } =
    options;
  const checkout = environment.MOBYCLAW_CHECKOUT || dirname(inside);
  const forbidden = forbiddenPlaces(folder.home, checkout, environment);
  const workspaces: WorkspaceEntry[] = [];
  const withheld: string[] = [];
  for (const workspace of options.workspaces) {
    const fault = workspace.mode === 'none' ? null : await folderFault(workspace.path, forbidden);
    const closed =
      fault === null &&
      workspace.mode !== 'none' &&
      !(await reaches(bubblewrap, workspace.path, workspace.mode === 'rw'))
        ? `${workspace.path} belongs to another user, and root has no privileges behind the walls.`
        : fault;
    if (closed === null) workspaces.push(workspace);
    else withheld.push(`His shell does not get the workspace ${workspace.name}: ${closed}`);
  }
  const programs = [...programFiles(process.execPath), dirname(inside), ...programFiles(engine.command)];
  const sandbox = new Sandbox({
    bubblewrap,
    inside,
    folder: join(folder.run, 'sandbox'),
    home: folder.insideHome,
    readOnly: [
      ...programs,
      ...engine.prefix.filter((word) => word.startsWith('/')).map((path) => dirname(path)),
      dirname(folder.published),
      folder.walledEngine,
      folder.certificates,
      ...options.readOnly,
    ],
    writable: [folder.sessions, dirname(socket.listen)],
    workspaces,
    doors,
    modelsDevOffline,
    logger,
  });
  if (!sandbox.filters)
    logger.warn({ machine: process.arch }, 'system calls are not filtered on this machine');
  return { sandbox, withheld };
}

/** The program under the name that it is started by, and the file that it is. */
function programFiles(path: string): string[] {
  return [...new Set([path, realpathSync(path)])];
}

/** What a variable of the owner's says about his home or his session means nothing in there. */
const OUTSIDE = /^(XDG_\w+|TMPDIR|USER|LOGNAME|SSL_CERT_DIR)$/;

/** The environment of the agent behind walls, from the one that he has without. */
export function insideEnvironment(
  environment: Readonly<Record<string, string>>,
  home: string,
): Record<string, string> {
  const own = join(home, '.local/bin');
  const path = (environment.PATH ?? '/usr/local/bin:/usr/bin:/bin').split(':').filter(isOfTheSystem);
  const shell = environment.SHELL && isOfTheSystem(environment.SHELL) ? environment.SHELL : '/bin/sh';
  return {
    ...Object.fromEntries(Object.entries(environment).filter(([name]) => !OUTSIDE.test(name))),
    HOME: home,
    USER: 'moby',
    LOGNAME: 'moby',
    SHELL: shell,
    PATH: [own, ...path].join(':'),
  };
}
