/**
 * Brings a backup back. It is unpacked beside the data directory first, and every file is held against its checksum; only
 * when all of it is there does it take the data directory's place, by renaming. What was there before is set aside, never
 * deleted. Where anything is wrong, nothing has changed.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { extract } from 'tar-stream';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { editEnvText, readTextIfThere } from '../env-file.ts';
import { envFilePath } from '../settings.ts';
import { decrypted, isEncrypted } from './cipher.ts';
import { DATA_PREFIX, ENV_ENTRY, MANIFEST, type Manifest, manifestSchema } from './manifest.ts';

export interface RestoreOptions {
  /** Absolute. */
  source: string;
  /** A data directory that holds something is set aside. */
  replace: boolean;
  /** Asked for where the backup is encrypted. */
  passphrase: () => Promise<string>;
}

export interface RestoreResult {
  manifest: Manifest;
  /** Where what was there before is now. */
  aside: string | null;
  /** What became of the `.env` of the backup. */
  env: { written: string } | { beside: string } | null;
}

/** @throws CliError saying what is wrong; nothing has changed then */
export async function restoreBackup(context: Context, options: RestoreOptions): Promise<RestoreResult> {
  const { data } = context;
  const before = await contents(data.root);
  if (before.length > 0 && !options.replace) {
    throw new CliError(
      `${data.root} is not empty. With --replace it is set aside, as ${basename(data.root)}.before-restore-…, and the backup takes its place.`,
    );
  }
  const parent = dirname(data.root);
  const staging = await makeStaging(parent, data.root);
  try {
    const { manifest, env } = await unpack(options, staging);
    const stamp = new Date(context.clock.now()).toISOString().replaceAll(':', '-').slice(0, 19);
    const aside = before.length > 0 ? `${data.root}.before-restore-${stamp}` : null;
    await swap(staging, data.root, aside);
    return { manifest, aside, env: env === null ? null : await placeEnv(context, env) };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function contents(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new CliError(`${folder} cannot be read (${code}). Restore as the user whom it belongs to.`, {
      cause: error,
    });
  }
}

/** On the same file system as the data directory, for a rename. */
async function makeStaging(parent: string, root: string): Promise<string> {
  try {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    return await mkdtemp(join(parent, `.${basename(root)}-restoring-`));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      `Nothing can be created in ${parent} (${code}), where the backup is unpacked first. Restore into another folder: MOBYCLAW_HOME=… ./mobyclaw restore …`,
      { cause: error },
    );
  }
}

async function unpack(
  { source, passphrase }: RestoreOptions,
  staging: string,
): Promise<{ manifest: Manifest; env: string | null }> {
  await using file = await open(source, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`${source} cannot be read (${error.code}).`, { cause: error });
  });
  const plain = (await isEncrypted(file))
    ? decrypted(source, file, await passphrase())
    : createReadStream(source);
  const found = new Map<string, { size: number; sha256: string }>();
  const texts = new Map<string, string>();
  const archive = extract();
  const reading = (async () => {
    for await (const entry of archive) {
      const { name, type, mode = 0o600 } = entry.header;
      const chunks = entry as unknown as AsyncIterable<Buffer>;
      if (type === 'directory' && name.startsWith(DATA_PREFIX)) {
        await mkdir(placeOf(staging, name), { recursive: true, mode: (mode & 0o777) | 0o700 });
        entry.resume();
      } else if (type === 'file' && (name === MANIFEST || name === ENV_ENTRY)) {
        const bytes = Buffer.concat(await all(chunks));
        texts.set(name, bytes.toString('utf8'));
        if (name === ENV_ENTRY) found.set(name, { size: bytes.length, sha256: sha256(bytes) });
      } else if (type === 'file' && name.startsWith(DATA_PREFIX)) {
        found.set(name, await writeEntry(placeOf(staging, name), chunks, mode & 0o777));
      } else {
        throw new CliError(`${source} holds ${name}, which no backup of Mobyclaw does. Nothing was changed.`);
      }
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
  const manifest = readManifest(source, texts.get(MANIFEST));
  compare(source, manifest, found);
  return { manifest, env: texts.get(ENV_ENTRY) ?? null };
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
function placeOf(staging: string, name: string): string {
  const parts = name.slice(DATA_PREFIX.length).replace(/\/$/, '').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) {
    throw new CliError(
      `The backup names a place outside of the data directory (${name}). Nothing was changed.`,
    );
  }
  return join(staging, ...parts);
}

async function writeEntry(
  path: string,
  chunks: AsyncIterable<Buffer>,
  mode: number,
): Promise<{ size: number; sha256: string }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  let size = 0;
  await using file = await open(path, 'wx', mode);
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
    await file.writeFile(chunk);
  }
  await file.sync();
  return { size, sha256: hash.digest('hex') };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readManifest(source: string, text: string | undefined): Manifest {
  if (text === undefined)
    throw new CliError(
      `${source} is cut short, or no backup of Mobyclaw: its manifest is missing. Nothing was changed.`,
    );
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new CliError(
      `${source} was made by a version of Mobyclaw that this one does not read. Nothing was changed.`,
      { cause: error },
    );
  }
}

function compare(
  source: string,
  { files }: Manifest,
  found: ReadonlyMap<string, { size: number; sha256: string }>,
): void {
  const wrong = Object.entries(files).flatMap(([name, { size, sha256: wanted }]) => {
    const file = found.get(name);
    return file?.size === size && file.sha256 === wanted ? [] : [name];
  });
  const strange = [...found.keys()].filter((name) => !Object.hasOwn(files, name));
  const [first] = [...wrong, ...strange];
  if (first === undefined) return;
  throw new CliError(
    `${source} is damaged: ${first} is not as it was put in. Use another backup; nothing was changed.`,
  );
}

async function swap(staging: string, root: string, aside: string | null): Promise<void> {
  try {
    if (aside !== null) await rename(root, aside);
    else
      await rmdir(root).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      `${root} cannot be set aside (${code}). If it is a mount, restore into another folder: MOBYCLAW_HOME=… Nothing was changed.`,
      {
        cause: error,
      },
    );
  }
  try {
    await rename(staging, root);
  } catch (error) {
    if (aside !== null) await rename(aside, root);
    throw error;
  }
}

/** A `.env` that is there is the owner's present one: the backup's is then put beside, in the data directory. */
async function placeEnv({ checkout, terminal, data }: Context, text: string): Promise<RestoreResult['env']> {
  const file = envFilePath(checkout, terminal.env);
  const there = readTextIfThere(file);
  // On another machine, or in another folder, the old place would be wrong.
  const fitted = /^MOBYCLAW_HOME=/m.test(text) ? editEnvText(text, { MOBYCLAW_HOME: data.root }) : text;
  if (there === fitted) return null;
  if (there === null) {
    await writeFileAtomic(file, fitted);
    return { written: file };
  }
  const beside = join(data.root, 'env.restored');
  await writeFile(beside, fitted, { mode: 0o600 });
  return { beside };
}
