/**
 * Brings a backup back. It is unpacked beside the data directory first, and every file is held against its checksum; only
 * when all of it is there does it take the data directory's place, by renaming. What was there before is set aside, never
 * deleted. Where anything is wrong, nothing has changed.
 */
import type { Stats } from 'node:fs';
import { chown, mkdir, mkdtemp, open, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { type ForgottenEntry, forgottenListSchema, toForgetAgain } from '@mobyclaw/protocol/forget';
import { GATEWAY_SCHEMA } from '@mobyclaw/protocol/schema-version';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { editEnvText, readTextIfThere } from '../env-file.ts';
import { envFilePath } from '../settings.ts';
import { giveTree, type Owner } from '../tree-owner.ts';
import type { Manifest } from './manifest.ts';
import { tooNew, type UnpackOptions, unpack } from './unpack.ts';

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
  const owner = await ownerOf(data.root);
  const staging = await makeStaging(parent, data.root);
  try {
    const unpacking = { source: options.source, version: context.version, passphrase: options.passphrase };
    const { manifest, env } = await unpack(unpacking, staging);
    await refuseNewer(unpacking, staging, manifest);
    await keepForgotten(data.root, staging);
    if (owner !== null) await giveTree(staging, owner, true);
    const stamp = new Date(context.clock.now()).toISOString().replaceAll(':', '-').slice(0, 19);
    const aside = before.length > 0 ? `${data.root}.before-restore-${stamp}` : null;
    await swap(staging, data.root, aside);
    return { manifest, aside, env: env === null ? null : await placeEnv(context, env, owner) };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** What was forgotten since the backup is forgotten in it too, at the next start. */
async function keepForgotten(root: string, staging: string): Promise<void> {
  const path = join('gateway', 'forgotten.json');
  const present = forgottenIn(readTextIfThere(join(root, path)));
  if (present.length === 0) return;
  const restored = forgottenIn(readTextIfThere(join(staging, path)));
  const forgotten = toForgetAgain(present, restored);
  await mkdir(join(staging, 'gateway'), { recursive: true, mode: 0o700 });
  await writeFileAtomic(join(staging, path), `${JSON.stringify({ forgotten }, null, 1)}\n`);
}

function forgottenIn(text: string | null): ForgottenEntry[] {
  if (text === null) return [];
  try {
    return forgottenListSchema.parse(JSON.parse(text)).forgotten;
  } catch (cause) {
    throw new CliError(
      'The list of what was forgotten (gateway/forgotten.json) cannot be understood. Mend or delete it; without it this backup brings back what was forgotten. Nothing was changed.',
      { cause },
    );
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

/** The database says itself what has written it: what this version cannot open must not take the place of one it can. */
async function refuseNewer(
  { source, version }: UnpackOptions,
  staging: string,
  manifest: Manifest,
): Promise<void> {
  const schema = await schemaOf(join(staging, 'gateway', 'gateway.db'));
  if (schema > GATEWAY_SCHEMA) throw tooNew(source, manifest.version, version);
}

/** @returns `PRAGMA user_version`, 0 where there is no such file (https://www.sqlite.org/fileformat.html#user_version_number) */
async function schemaOf(path: string): Promise<number> {
  await using file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const bytes = Buffer.alloc(4);
  await file?.read(bytes, 0, bytes.length, 60);
  return bytes.readUInt32BE(0);
}

/**
 * Whom the data directory is to belong to, where root restores: the owner of the one that was there, else of the folder
 * that it is in, such as his home.
 */
export async function ownerOf(root: string): Promise<Owner | null> {
  if (process.getuid?.() !== 0) return null;
  const { uid, gid } = (await statIfThere(root)) ?? (await stat(dirname(root)));
  return uid === 0 ? null : { uid, gid };
}

async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
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
async function placeEnv(
  { checkout, terminal, data }: Context,
  text: string,
  owner: Owner | null,
): Promise<RestoreResult['env']> {
  const file = envFilePath(checkout, terminal.env);
  const there = readTextIfThere(file);
  // On another machine, or in another folder, the old place would be wrong.
  const fitted = /^MOBYCLAW_HOME=/m.test(text) ? editEnvText(text, { MOBYCLAW_HOME: data.root }) : text;
  if (there === fitted) return null;
  if (there === null) {
    await writeFileAtomic(file, fitted);
    if (owner !== null) await chown(file, owner.uid, owner.gid);
    return { written: file };
  }
  const beside = join(data.root, 'env.restored');
  await writeFile(beside, fitted, { mode: 0o600 });
  if (owner !== null) await chown(beside, owner.uid, owner.gid);
  return { beside };
}
