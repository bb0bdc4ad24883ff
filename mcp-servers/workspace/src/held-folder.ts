/**
 * A folder held by an open descriptor, so that what is done in it is done in *that* folder, whatever its name leads to
 * by then. On Linux every name is looked up below `/proc/self/fd/<n>`, which is what `openat(2)` is: no folder of the
 * path can be swapped for a link between the check and the use. Only the last name is left to the system, and it is
 * never followed (`O_NOFOLLOW`).
 *
 * Elsewhere (macOS in local mode) there is no such way from Node: names are looked up by path and the folder is compared
 * afterwards, which closes all but a race. Whoever could win it there has a shell with the owner's rights already.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { ToolError } from '@mobyclaw/lib/mcp-tool';

const { O_DIRECTORY, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const BY_DESCRIPTOR = process.platform === 'linux';

export class HeldFolder {
  /** `device:inode` */
  readonly id: string;
  readonly #handle: FileHandle;
  readonly #path: string;

  private constructor(handle: FileHandle, path: string, id: string) {
    this.#handle = handle;
    this.#path = path;
    this.id = id;
  }

  /** Opens a folder by the owner's own path, links and all. @throws the file system's error */
  static async root(path: string): Promise<HeldFolder> {
    const real = BY_DESCRIPTOR ? path : await realpath(path);
    return HeldFolder.#hold(await open(real, O_RDONLY | O_DIRECTORY), real);
  }

  static async #hold(handle: FileHandle, path: string): Promise<HeldFolder> {
    try {
      const { dev, ino } = await handle.stat({ bigint: true });
      return new HeldFolder(handle, path, `${dev}:${ino}`);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The folder itself, for calls that take a path. */
  get path(): string {
    return BY_DESCRIPTOR ? `/proc/self/fd/${this.#handle.fd}` : this.#path;
  }

  /** An entry of the folder, for calls that take a path and do not follow its last name. */
  at(name: string): string {
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
      throw new ToolError('A name in a path may be neither empty nor "..", and holds no NUL byte.');
    }
    return `${this.path}/${name}`;
  }

  /** @throws the file system's error; ELOOP or ENOTDIR where the entry is a link or no folder */
  async openFolder(name: string): Promise<HeldFolder> {
    const handle = await this.#open(name, O_RDONLY | O_DIRECTORY);
    return HeldFolder.#hold(handle, join(this.#path, name));
  }

  /**
   * Opens a file to read. Never blocks on a pipe and never becomes a terminal's owner.
   * @throws ToolError where the entry is no regular file; the file system's error, ELOOP where it is a link
   */
  async openFile(name: string): Promise<FileHandle> {
    const handle = await this.#open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    try {
      const stats = await handle.stat();
      if (stats.isFile()) return handle;
      throw new ToolError(
        stats.isDirectory()
          ? 'This is a folder. Use workspace_list to see what is in it.'
          : 'This is a device, a pipe or a socket, not a file. It cannot be read or written here.',
      );
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #open(name: string, flags: number): Promise<FileHandle> {
    const handle = await open(this.at(name), flags | O_NOFOLLOW);
    try {
      if (!BY_DESCRIPTOR && (await realpath(this.#path)) !== this.#path) {
        throw new ToolError('The folder was replaced meanwhile. Nothing was done; look at it again.');
      }
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
