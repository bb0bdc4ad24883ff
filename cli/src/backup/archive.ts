/** The tar of a backup while it is written: entries one after the other, each noted in the manifest that ends it. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { Pack } from 'tar-stream';
import type { DataEntry } from './data-files.ts';
import { isUtf8, PATH_RECORD, standIn, TARGET_RECORD } from './entry-name.ts';
import { DATA_PREFIX, MANIFEST, type Manifest } from './manifest.ts';

const IN_MEMORY_BYTES = 4e6; // a file that is written anew while it is read is then still whole
const MOST_TAR_SECONDS = 2 ** 31 - 1; // of the header's field as it is written; other times go into the pax header

/** What the library needs to be told of an entry. */
interface EntryHeader {
  name: string;
  mode: number;
  mtime?: Date;
  size?: number;
  pax?: Record<string, string>;
}

type Of<Kind extends DataEntry['kind']> = Extract<DataEntry, { kind: Kind }>;
type HeadOf = Pick<Of<'folder'>, 'path' | 'mode' | 'mtime'>;

export class BackupArchive {
  readonly #pack: Pack;
  readonly #manifest: Manifest;
  /** By path on disk: the name in the archive, which differs where two names have one stand-in. */
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();

  constructor(pack: Pack, manifest: Manifest) {
    this.#pack = pack;
    this.#manifest = manifest;
  }

  folder(entry: HeadOf): Promise<void> {
    return this.#add({ ...this.#header(entry), name: `${this.#name(entry.path)}/`, type: 'directory' });
  }

  link(entry: Of<'link'>): Promise<void> {
    const linkname = standIn(entry.target);
    const header = this.#header(entry);
    if (!isUtf8(entry.target)) header.pax = { ...header.pax, [TARGET_RECORD]: entry.target.toString('hex') };
    this.#manifest.links[header.name] = linkname;
    return this.#add({ ...header, type: 'symlink', linkname });
  }

  async hardLink(entry: Of<'hard-link'>): Promise<void> {
    const linkname = this.#name(entry.first);
    const header = this.#header(entry);
    this.#manifest.hardLinks[header.name] = linkname;
    await this.#add({ ...header, type: 'link', linkname });
  }

  /** Adds what the file holds now; what is appended meanwhile, as to a log, is not in it. */
  async file(entry: HeadOf, file: FileHandle): Promise<void> {
    const { size } = await file.stat();
    const header = this.#header(entry);
    if (size <= IN_MEMORY_BYTES) {
      const bytes = await firstBytes(file, size);
      await this.#content({ ...header, size: bytes.length }, [bytes]);
      return;
    }
    const stream = createReadStream('', { fd: file.fd, autoClose: false, start: 0, end: size - 1 });
    const missing = await this.#content({ ...header, size }, stream);
    if (missing > 0)
      this.leftOut({
        path: standIn(entry.path),
        why: `${missing} bytes were cut off while it was read`,
        lost: true,
      });
  }

  /** A file that is no part of the data directory. */
  async text(name: string, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await this.#content({ name, mode: 0o600, size: bytes.length }, [bytes]);
  }

  leftOut({ path, why, lost }: Manifest['leftOut'][number]): void {
    this.#manifest.leftOut.push({ path, why, lost });
  }

  /** @returns the manifest, which is then the last entry */
  async end(): Promise<Manifest> {
    const bytes = Buffer.from(`${JSON.stringify(this.#manifest, null, 2)}\n`);
    await new Promise<void>((resolve, reject) => {
      this.#pack.entry({ name: MANIFEST, mode: 0o600 }, bytes, settle(resolve, reject));
    });
    this.#pack.finalize();
    return this.#manifest;
  }

  #name(path: Buffer): string {
    const key = path.toString('latin1');
    const before = this.#names.get(key);
    if (before !== undefined) return before;
    const slash = path.lastIndexOf('/');
    const folder = slash === -1 ? DATA_PREFIX : `${this.#name(path.subarray(0, slash))}/`;
    let name = folder + standIn(path.subarray(slash + 1));
    while (this.#taken.has(name)) name += '~';
    this.#taken.add(name);
    this.#names.set(key, name);
    return name;
  }

  #header({ path, mode, mtime }: HeadOf): EntryHeader {
    const name = this.#name(path);
    const seconds = mtime.getTime() / 1000;
    const inHeader = Math.min(Math.max(Math.floor(seconds), 0), MOST_TAR_SECONDS);
    const pax: Record<string, string> = {
      ...(inHeader === Math.floor(seconds) ? {} : { mtime: String(seconds) }),
      ...(name === DATA_PREFIX + path.toString() ? {} : { [PATH_RECORD]: path.toString('hex') }),
    };
    return {
      name,
      mode,
      mtime: new Date(inHeader * 1000),
      ...(Object.keys(pax).length > 0 && { pax }),
    };
  }

  #add(header: EntryHeader & { type: 'directory' | 'symlink' | 'link'; linkname?: string }): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pack.entry(header, settle(resolve, reject));
    });
  }

  /** @returns how many bytes of those that were announced did not come; zeros stand for them */
  async #content(
    head: EntryHeader & { size: number },
    chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  ): Promise<number> {
    const hash = createHash('sha256');
    let bytes = 0;
    let missing = 0;
    await new Promise<void>((resolve, reject) => {
      const entry = this.#pack.entry(head, settle(resolve, reject)) as unknown as Writable; // streamx's, as Node's
      const put = async (chunk: Buffer): Promise<void> => {
        hash.update(chunk);
        bytes += chunk.length;
        if (!entry.write(chunk)) await once(entry, 'drain');
      };
      const write = async (): Promise<void> => {
        for await (const chunk of chunks) await put(chunk);
        missing = head.size - bytes;
        while (bytes < head.size) await put(Buffer.alloc(Math.min(head.size - bytes, IN_MEMORY_BYTES)));
        entry.end();
      };
      write().catch(reject);
    });
    this.#manifest.files[head.name] = { size: bytes, sha256: hash.digest('hex') };
    return missing;
  }
}

function settle(resolve: () => void, reject: (error: Error) => void): (error?: Error | null) => void {
  return (error) => (error ? reject(error) : resolve());
}

/** The first `size` bytes, or fewer where it has become shorter: it cannot go on for ever. */
async function firstBytes(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
