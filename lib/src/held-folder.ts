/**
 * A folder held by an open descriptor, so that what is done in it is done in *that* folder, whatever its name leads to
 * by then. On Linux every name is looked up below `/proc/self/fd/<n>`, which is what `openat(2)` is: no folder of the
 * path can be swapped for a link between the check and the use. Only the last name is left to the system, and it is
 * never followed (`O_NOFOLLOW`).
 *
 * Elsewhere (macOS in local mode) there is no such way from Node: names are looked up by path and the folder is compared
 * afterwards, which closes all but a race. Whoever could win it there has a shell with the owner's rights already.
 *
 * A name is a string, or the bytes that the file system has: not every name is UTF-8.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';

const { O_DIRECTORY, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const BY_DESCRIPTOR = process.platform === 'linux';

/** The name cannot be one of an entry, or the folder is no longer where it was. */
export class HeldFolderError extends Error {
  override name = 'HeldFolderError';
}

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
  static async root(path: string | Buffer): Promise<HeldFolder> {
    const real = BY_DESCRIPTOR ? path : await realpath(path);
    return HeldFolder.#hold(await open(real, O_RDONLY | O_DIRECTORY), real.toString());
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

  /** The folder itself, for calls that take a handle. */
  get handle(): FileHandle {
    return this.#handle;
  }

  /** An entry of the folder, for calls that take a path and do not follow its last name. @throws HeldFolderError */
  at(name: string): string;
  at(name: string | Buffer): string | Buffer;
  at(name: string | Buffer): string | Buffer {
    const text = typeof name === 'string' ? name : name.toString('latin1');
    if (text === '' || text === '.' || text === '..' || /[/\0]/.test(text)) {
      throw new HeldFolderError('A name in a path may be neither empty nor "..", and holds no NUL byte.');
    }
    return typeof name === 'string'
      ? `${this.path}/${name}`
      : Buffer.concat([Buffer.from(`${this.path}/`), name]);
  }

  /** @throws the file system's error; ELOOP or ENOTDIR where the entry is a link or no folder */
  async openFolder(name: string | Buffer): Promise<HeldFolder> {
    const handle = await this.#open(name, O_RDONLY | O_DIRECTORY);
    return HeldFolder.#hold(handle, join(this.#path, name.toString()));
  }

  /**
   * Opens an entry to read, of whatever kind it is. Never blocks on a pipe and never becomes a terminal's owner.
   * @throws the file system's error, ELOOP where it is a link
   */
  open(name: string | Buffer): Promise<FileHandle> {
    return this.#open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  }

  async #open(name: string | Buffer, flags: number): Promise<FileHandle> {
    const handle = await open(this.at(name), flags | O_NOFOLLOW);
    try {
      if (!BY_DESCRIPTOR && (await realpath(this.#path)) !== this.#path) {
        throw new HeldFolderError('The folder was replaced meanwhile. Nothing was done; look at it again.');
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
