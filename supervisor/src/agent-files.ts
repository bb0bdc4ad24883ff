/**
 * Files that the agent made or may read, for the gateway to send to a chat: found as the agent's shell would find them,
 * since this process stands where he stands. Opened once and read from that, so that what was checked is what is sent.
 *
 * Ordinary files alone. What the kernel makes up on reading, such as /proc/self/environ with the keys of this process,
 * has a size of nothing and is refused by that.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, isAbsolute, join, normalize } from 'node:path';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { spelledPath } from '@mobyclaw/lib/spelling';
import { openInside } from './sandbox/open-inside.ts';

export interface AgentFilesOptions {
  /** Working directory of the agent. */
  cwd: string;
  /** What `~` means to him. */
  home: string;
  /** Folder of a workspace, as the workspace tools name it; null where there is none. */
  workspace(name: string): string | null;
  /** `/` of the agent where that is another than ours, see sandbox/open-inside.ts; null while he does not run. */
  root?: () => string | null;
}

export interface AgentFile {
  name: string;
  data: Buffer;
}

export class AgentFiles {
  readonly #options: AgentFilesOptions;

  constructor(options: AgentFilesOptions) {
    this.#options = options;
  }

  /**
   * @param path absolute, from `~`, from a workspace (`notes/a.pdf`), or from the working directory
   * @throws HttpProblem not-found, forbidden, payload-too-large: for the model to read
   */
  async read(path: string, mostBytes: number): Promise<AgentFile> {
    if (path.includes('\0')) throw new HttpProblem('bad-request', 'A path has no NUL byte.');
    for (const candidate of this.#candidates(path)) {
      const found = this.#options.root ? candidate : await spelledPath(candidate);
      const handle = await this.#open(found);
      if (!handle) continue;
      try {
        return { name: basename(found), data: await contents(handle, path, mostBytes) };
      } finally {
        await handle.close();
      }
    }
    throw new HttpProblem('not-found', `There is no file ${path}.`);
  }

  /** @returns null where there is nothing */
  async #open(path: string): Promise<FileHandle | null> {
    try {
      if (this.#options.root === undefined)
        return await open(path, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe must not hold this up
      const root = this.#options.root();
      return root === null ? null : await openInside(root, path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      if (code === 'EACCES' || code === 'EPERM')
        throw new HttpProblem('forbidden', `${path} may not be read.`);
      throw error;
    }
  }

  #candidates(path: string): string[] {
    const { cwd, home, workspace } = this.#options;
    if (isAbsolute(path)) return [path];
    if (path.startsWith('~/')) return [join(home, path.slice(2))];
    const [name = '', ...rest] = normalize(path).split('/');
    const folder = workspace(name);
    const inWorkspace = folder !== null && !rest.includes('..') ? [join(folder, ...rest)] : [];
    return [...inWorkspace, join(cwd, path)];
  }
}

async function contents(handle: FileHandle, path: string, mostBytes: number): Promise<Buffer> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw new HttpProblem('forbidden', `${path} is no file. Pack a folder into one first.`);
  if (stat.size === 0) throw new HttpProblem('forbidden', `${path} is empty.`);
  if (stat.size > mostBytes) {
    const most = Math.floor(mostBytes / 1_000_000);
    throw new HttpProblem(
      'payload-too-large',
      `${path} is larger than ${most} MB, the most that can be sent.`,
    );
  }
  const data = Buffer.alloc(stat.size);
  const { bytesRead } = await handle.read(data, 0, stat.size, 0);
  return data.subarray(0, bytesRead);
}
