/** The data directory of local mode: what the supervisor needs of it is there, private to the owner, and writable. */

import { constants } from 'node:fs';
import { access, lstat, mkdir, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import {
  type SharedCredentials,
  shareCredentials,
  standInKey,
} from '@mobyclaw/lib/credentials/bound-secrets';
import { readCredentials } from '@mobyclaw/lib/credentials/read-credentials';
import { ownerText } from '@mobyclaw/lib/owner-text';
import { quoted } from '@mobyclaw/lib/shell-quote';
import { StartError } from '@mobyclaw/lib/start-error';
import { parseWorkspacesConf, type WorkspaceEntry, WorkspacesConfError } from '@mobyclaw/lib/workspaces-conf';

export interface HomeFolder {
  home: string;
  run: string;
  logs: string;
  sessions: string;
  /** Working directory of the agent. */
  work: string;
  /** Where the fitted soul.yaml goes. */
  engine: string;
  /** The same where the agent stands behind walls: in no folder that his shell writes. */
  walledEngine: string;
  /** Certificates that his programs trust; he reads them alone. */
  certificates: string;
  /** Home folder of the agent behind walls. */
  insideHome: string;
  /** The published soul.yaml. */
  published: string;
}

const SESSION_DATABASE = ['session.db', 'session.db-wal', 'session.db-shm', 'session.db-journal'];

const FOLDERS = [
  '',
  'run',
  'run/certificates',
  'logs',
  'gateway',
  'egress',
  'sessions',
  'sessions/work',
  'sessions/home',
  'sessions/engine',
  'agent',
];

/** @throws StartError where a folder cannot be made or written */
export async function prepareHome(home: string): Promise<HomeFolder> {
  for (const name of FOLDERS) {
    const path = join(home, name);
    try {
      if (name.startsWith('sessions/')) await refuseLink(path);
      await mkdir(path, { recursive: true, mode: 0o700 });
      await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw await folderError(path, error as NodeJS.ErrnoException);
    }
  }
  for (const name of SESSION_DATABASE) await refuseLink(join(home, 'sessions', name));
  return {
    home,
    run: join(home, 'run'),
    logs: join(home, 'logs'),
    sessions: join(home, 'sessions'),
    work: join(home, 'sessions/work'),
    engine: join(home, 'sessions/engine'),
    walledEngine: join(home, 'run/engine'),
    certificates: join(home, 'run/certificates'),
    insideHome: join(home, 'sessions/home'),
    published: join(home, 'agent/soul.yaml'),
  };
}

/**
 * The agent's shell writes in `sessions/`, also in containers, where a link means nothing to this machine yet. What is
 * written by its name here would land wherever it leads.
 */
async function refuseLink(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (stats?.isSymbolicLink() !== true) return;
  throw new StartError(
    `${path} is a link, and Moby's own files there are none; his shell may have made it. See where it leads (ls -l ${quoted(path)}), then remove it: rm ${quoted(path)}`,
  );
}

async function folderError(path: string, error: NodeJS.ErrnoException): Promise<StartError> {
  const user = userInfo().username;
  if (error instanceof StartError) return error;
  switch (error.code) {
    case 'EACCES':
    case 'EPERM': {
      const exists = await stat(path).then(
        () => true,
        () => false,
      );
      return new StartError(
        exists
          ? `${path} is not writable by you: sudo chown -R ${user} ${quoted(path)} && chmod u+rwx ${quoted(path)}`
          : `${path} cannot be created by you: create it and give it to ${user}, or set MOBYCLAW_HOME`,
      );
    }
    case 'EEXIST':
    case 'ENOTDIR':
      return new StartError(`${path} is a file where a folder must be: move it away, or set MOBYCLAW_HOME`);
    case 'EROFS':
      return new StartError(
        `${path} is on a read-only file system: set MOBYCLAW_HOME to a folder that can be written`,
      );
    case 'ENOSPC':
      return new StartError(`there is no space left for ${path}: free some and start again`);
    default:
      return new StartError(`${path} cannot be used: ${error.message}`, { cause: error });
  }
}

/**
 * What the agent and egress are given of `credentials.env`; nothing where there is no such file. A name or a line that cannot be
 * used is passed over, as it always was here.
 * @throws StartError where it cannot be read, or a value shall be kept from the agent and cannot
 */
export async function readOwnCredentials(home: string): Promise<SharedCredentials> {
  const path = join(home, 'credentials.env');
  let text: string;
  try {
    text = ownerText(await readFile(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { environment: {}, bound: [] };
    throw new StartError(`${path} cannot be read: ${message}`, { cause: error });
  }
  const { all, faults } = readCredentials(text, path);
  const serious = faults.filter(({ kind }) => kind === 'hosts');
  if (serious.length > 0) throw new StartError(serious.map(({ message }) => message).join('; '));
  const isBound = all.some(({ hosts }) => hosts !== null);
  return shareCredentials(all, isBound ? await standInKey(home) : Buffer.alloc(0));
}

/** @returns the owner's soul.yaml; empty where it cannot be read, which memory tells him */
export async function readSoul(home: string): Promise<string> {
  return readFile(join(home, 'soul.yaml'))
    .then(ownerText)
    .catch(() => '');
}

/**
 * @returns the folders of `workspaces.conf`; none where there is no such file
 * @throws StartError naming each line that cannot be used
 */
export async function readWorkspaces(home: string): Promise<WorkspaceEntry[]> {
  const path = join(home, 'workspaces.conf');
  try {
    return parseWorkspacesConf(ownerText(await readFile(path)), path);
  } catch (error) {
    if (error instanceof WorkspacesConfError) throw new StartError(error.message, { cause: error });
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new StartError(`${path} cannot be read: ${message}`, { cause: error });
  }
}
