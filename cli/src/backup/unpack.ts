/**
 * Unpacks a backup into an empty folder of ours and holds every entry against the manifest. Nothing is written through a
 * link: files are created where there must be none, and links are made last, when every folder is there. A path that
 * leads out, a device, a link or a file that the manifest does not know ends it.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, link, lutimes, mkdir, open, symlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { CliError } from '../cli-error.ts';
import { decrypted, isEncrypted } from './cipher.ts';
import { PATH_RECORD, TARGET_RECORD } from './entry-name.ts';
import {
  anyManifestSchema,
  DATA_PREFIX,
  ENV_ENTRY,
  FORMAT,
  MANIFEST,
  type Manifest,
  manifestSchema,
} from './manifest.ts';

export interface UnpackOptions {
  /** Absolute. */
  source: string;
  /** Of the program that restores, for what it says about a backup that is too new. */
  version: string;
  /** Asked for where the backup is encrypted. */
  passphrase: () => Promise<string>;
}

export interface Unpacked {
  manifest: Manifest;
  /** The text of `.env`, where it is in the backup. */
  env: string | null;
}

/** Of an entry, as the library reads it; a pax header is texts by name. */
interface Header {
  name: string;
  type: string;
  mode?: number;
  mtime?: Date;
  linkname?: string | null;
  pax?: Record<string, string> | null;
}

interface Entry {
  name: string;
  path: Buffer;
  mode: number;
  mtime: Date;
}

/** What was met, to be held against the manifest. */
interface Found {
  files: Map<string, { size: number; sha256: string }>;
  links: (Entry & { says: string; target: Buffer })[];
  hardLinks: (Entry & { says: string; target: Buffer })[];
  folders: Entry[];
  texts: Map<string, string>;
}

const ZEROS = Buffer.alloc(1 << 17);

/** @throws CliError saying what is wrong */
export async function unpack(options: UnpackOptions, staging: string): Promise<Unpacked> {
  const { source, passphrase } = options;
  await using file = await open(source, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`${source} cannot be read (${error.code}).`, { cause: error });
  });
  const plain = (await isEncrypted(file))
    ? decrypted(source, file, await passphrase())
    : createReadStream(source);
  const found: Found = { files: new Map(), links: [], hardLinks: [], folders: [], texts: new Map() };
  const archive = extract();
  const reading = (async () => {
    for await (const entry of archive) {
      await take(entry.header as Header, entry as unknown as AsyncIterable<Buffer>, {
        source,
        staging,
        found,
      });
      entry.resume();
    }
  })();
  // Not until the last byte is through is anything believed: an encrypted file proves itself at its end.
  const outcomes = await Promise.allSettled([reading, pipeline(plain, createGunzip(), archive)]);
  const errors = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as Error] : [],
  );
  const [error] = errors;
  if (error !== undefined)
    throw errors.find((one) => one instanceof CliError) ?? unreadable(source, errors, error);
  const manifest = readManifest(options, found.texts.get(MANIFEST));
  compare(source, manifest, found);
  await makeLinks(source, found);
  return { manifest, env: found.texts.get(ENV_ENTRY) ?? null };
}

interface Taking {
  source: string;
  staging: string;
  found: Found;
}

async function take(
  header: Header,
  chunks: AsyncIterable<Buffer>,
  { source, staging, found }: Taking,
): Promise<void> {
  const { name, type } = header;
  if (type === 'file' && (name === MANIFEST || name === ENV_ENTRY)) {
    if (found.texts.has(name)) throw strange(source, name);
    const bytes = Buffer.concat(await all(chunks));
    found.texts.set(name, bytes.toString('utf8'));
    if (name === ENV_ENTRY) found.files.set(name, { size: bytes.length, sha256: sha256(bytes) });
    return;
  }
  if (!name.startsWith(DATA_PREFIX)) throw strange(source, name);
  const path = placeOf(staging, header);
  const entry = { name, path, mode: (header.mode ?? 0o600) & 0o777, mtime: timeOf(header) };
  if (type === 'directory') {
    await mkdir(path, { recursive: true, mode: 0o700 });
    found.folders.push(entry);
  } else if (type === 'file') {
    await mkdir(folderOf(path), { recursive: true, mode: 0o700 });
    found.files.set(name, await writeEntry(entry, chunks));
  } else if (type === 'symlink') {
    found.links.push({ ...entry, says: header.linkname ?? '', target: targetOf(header) });
  } else if (type === 'link') {
    const says = header.linkname ?? '';
    found.hardLinks.push({ ...entry, says, target: placeOf(staging, { name: says }) });
  } else throw strange(source, name);
}

function strange(source: string, name: string): CliError {
  return new CliError(`${source} holds ${name}, which no backup of Mobyclaw does. Nothing was changed.`);
}

function unreadable(source: string, errors: readonly Error[], cause: Error): CliError {
  const full = errors.some((error) =>
    ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? ''),
  );
  if (full)
    return new CliError('There is not enough room to unpack the backup. Nothing was changed.', { cause });
  return new CliError(
    `${source} is damaged, cut short, or no backup of Mobyclaw (${cause.message}). Nothing was changed.`,
    { cause },
  );
}

async function all(chunks: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const list: Buffer[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return list;
}

/** @throws CliError for a name that leads out of the folder */
function placeOf(staging: string, { name, pax }: Pick<Header, 'name' | 'pax'>): Buffer {
  const bytes = bytesOf(pax?.[PATH_RECORD]) ?? Buffer.from(name.slice(DATA_PREFIX.length).replace(/\/$/, ''));
  const parts = bytes.toString('latin1').split('/');
  const leadsOut = parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'));
  if (leadsOut || !name.startsWith(DATA_PREFIX)) {
    throw new CliError(
      `The backup names a place outside of the data directory (${name}). Nothing was changed.`,
    );
  }
  return Buffer.concat([Buffer.from(`${staging}/`), bytes]);
}

function targetOf({ linkname, pax }: Header): Buffer {
  return bytesOf(pax?.[TARGET_RECORD]) ?? Buffer.from(linkname ?? '');
}

/** @returns null where there is no such record; APFS takes UTF-8 alone, so the readable name has to do there */
function bytesOf(record: string | undefined): Buffer | null {
  return record === undefined || process.platform === 'darwin' ? null : Buffer.from(record, 'hex');
}

function timeOf({ mtime, pax }: Header): Date {
  const seconds = Number(pax?.mtime ?? Number.NaN);
  return Number.isFinite(seconds) ? new Date(seconds * 1000) : (mtime ?? new Date(0));
}

function folderOf(path: Buffer): Buffer {
  return Buffer.from(dirname(path.toString('latin1')), 'latin1');
}

/** Runs of zeros are left as holes, so that a sparse file does not fill the disk. */
async function writeEntry(
  { path, mode, mtime }: Entry,
  chunks: AsyncIterable<Buffer>,
): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  await using file = await open(path, 'wx', 0o600);
  for await (const chunk of chunks) {
    hash.update(chunk);
    const empty = chunk.length <= ZEROS.length && chunk.equals(ZEROS.subarray(0, chunk.length));
    for (let at = 0; !empty && at < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, at, chunk.length - at, size + at);
      at += bytesWritten;
    }
    size += chunk.length;
  }
  await file.truncate(size);
  await file.chmod(mode);
  await file.utimes(mtime, mtime);
  await file.sync();
  return { size, sha256: hash.digest('hex') };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readManifest({ source, version }: UnpackOptions, text: string | undefined): Manifest {
  if (text === undefined)
    throw new CliError(
      `${source} is cut short, or no backup of Mobyclaw: its manifest is missing. Nothing was changed.`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
    return manifestSchema.parse(value);
  } catch (error) {
    const made = anyManifestSchema.safeParse(value).data;
    if (made !== undefined && made.format > FORMAT) throw tooNew(source, made.version, version, error);
    throw new CliError(
      `${source} has a manifest that cannot be read. Use another backup; nothing was changed.`,
      {
        cause: error,
      },
    );
  }
}

/** For a backup that this version would put in place and then not understand. */
export function tooNew(source: string, made: string, version: string, cause?: unknown): CliError {
  return new CliError(
    `${source} was made by a newer Mobyclaw (${made}; this one is ${version}) and cannot be brought back by this one. Get the newer one first (git pull), then run this again. Nothing was changed.`,
    { cause },
  );
}

function compare(source: string, manifest: Manifest, found: Found): void {
  const { files, links, hardLinks } = manifest;
  const wrong = Object.entries(files).flatMap(([name, { size, sha256: wanted }]) => {
    const file = found.files.get(name);
    return file?.size === size && file.sha256 === wanted ? [] : [name];
  });
  const [first] = [
    ...wrong,
    ...[...found.files.keys()].filter((name) => !Object.hasOwn(files, name)),
    ...differences(links, found.links),
    ...differences(hardLinks, found.hardLinks),
    ...found.hardLinks.flatMap(({ name, says }) => (found.files.has(says) ? [] : [name])),
  ];
  if (first === undefined) return;
  throw new CliError(
    `${source} is damaged: ${first} is not as it was put in. Use another backup; nothing was changed.`,
  );
}

function differences(
  wanted: Record<string, string>,
  found: readonly { name: string; says: string }[],
): string[] {
  const there = new Map(found.map(({ name, says }) => [name, says]));
  const missing = Object.keys(wanted).filter((name) => there.get(name) !== wanted[name]);
  return [...missing, ...[...there.keys()].filter((name) => !Object.hasOwn(wanted, name))];
}

/** All folders first: no link can then stand where another entry's folder has to be. */
async function makeLinks(source: string, { links, hardLinks, folders }: Found): Promise<void> {
  try {
    for (const { path } of [...hardLinks, ...links])
      await mkdir(folderOf(path), { recursive: true, mode: 0o700 });
    for (const { path, target } of hardLinks) await link(target, path);
    for (const { path, target, mtime } of links) {
      await symlink(target, path);
      await lutimes(path, mtime, mtime);
    }
  } catch (error) {
    throw unreadable(source, [error as Error], error as Error);
  }
  for (const { path, mode, mtime } of folders.toReversed()) {
    await chmod(path, mode);
    await utimes(path, mtime, mtime);
  }
}
