/**
 * The agent's unix socket. Where his shell stands behind walls, the engine listens in a folder that the shell can write, and
 * a name in there may become a link to any other socket of this machine. So whoever asks the agent does it by a second name
 * of the same socket, outside of that folder: a hard link follows nothing, and what it names stays what it was.
 */
import { linkSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Bytes that a socket's path may have; the systems' limits are 107 (Linux) and 103 (macOS). */
const MAX_PATH_BYTES = 100;

const INSIDE = 'inside';

export interface AgentSocket {
  /** Where the agent is asked. */
  readonly path: string;
  /** Where he listens; the same where there are no walls. */
  readonly listen: string;
  /** Removes what an agent before has left. */
  clear(): void;
  /** Gives a socket that is new at `listen` its name at `path`. */
  adopt(): void;
  /** Removes the socket, and its folder where that was made for it. */
  remove(): Promise<void>;
}

/**
 * In `run/`, or where that is too long in a short folder that only the owner can enter.
 * @param walled whether the agent is to listen in a folder of his own
 */
export async function placeAgentSocket(run: string, walled = false): Promise<AgentSocket> {
  const longest = join(run, INSIDE, 'agent.sock');
  const short = Buffer.byteLength(longest) <= MAX_PATH_BYTES && (!walled || takesHardLinks(run));
  const folder = short ? run : await mkdtemp(join(tmpdir(), 'mobyclaw-')); // created 0700
  const path = join(folder, 'agent.sock');
  const listen = walled ? join(folder, INSIDE, 'agent.sock') : path;
  const clear = (): void => {
    rmSync(path, { force: true });
    if (!walled) return;
    rmSync(dirname(listen), { recursive: true, force: true });
    mkdirSync(dirname(listen), { mode: 0o700 });
  };
  if (walled) clear();
  return {
    path,
    listen,
    clear,
    adopt: () => {
      if (!walled || isSocket(path) || !isSocket(listen)) return;
      try {
        linkSync(listen, path);
      } catch (error) {
        // He was ended, or his shell took it away, in between; then there is nothing to ask yet.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    },
    remove: async () => {
      await rm(path, { force: true });
      await rm(short ? join(run, INSIDE) : folder, { recursive: true, force: true });
    },
  };
}

/** Some file systems of network drives and memory cards do not. */
function takesHardLinks(folder: string): boolean {
  const [file, name] = [join(folder, '.one'), join(folder, '.another')];
  try {
    writeFileSync(file, '');
    rmSync(name, { force: true });
    linkSync(file, name);
    return true;
  } catch {
    return false;
  } finally {
    for (const path of [file, name]) rmSync(path, { force: true });
  }
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}
