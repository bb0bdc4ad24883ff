/**
 * Writes a backup: one `.tar.gz` with the data directory, readable by any tar, or the same encrypted. Databases are copied
 * at one moment each while Moby goes on; every file has its checksum in the manifest at the end, and what is not in it is
 * named there. The file is created 0600, never replaces one that is there, and is gone where something failed.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { parseWorkspacesConf, WorkspacesConfError } from '@mobyclaw/lib/workspaces-conf';
import { type Pack, pack } from 'tar-stream';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { readTextIfThere } from '../env-file.ts';
import { runningStack } from '../running-stack.ts';
import { BackupArchive } from './archive.ts';
import { encrypted } from './cipher.ts';
import { dataFiles } from './data-files.ts';
import { copyDatabase } from './database-copy.ts';
import type { LeftOut } from './left-out.ts';
import { ENV_ENTRY, FORMAT } from './manifest.ts';

export interface BackupOptions {
  /** Absolute. */
  target: string;
  withEnv: boolean;
  passphrase: string | null;
}

export interface BackupResult {
  files: number;
  bytes: number;
  leftOut: LeftOut[];
}

/** @throws CliError where the target is there already or cannot be written, or a database of Moby's cannot be read */
export async function createBackup(
  context: Context,
  { target, withEnv, passphrase }: BackupOptions,
): Promise<BackupResult> {
  const output = await open(target, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new CliError(`${target} is there already. Name another file.`);
    throw new CliError(`${target} cannot be written (${error.code}). Name a file in a folder of yours.`, {
      cause: error,
    });
  });
  const scratch = await mkdtemp(join(tmpdir(), 'mobyclaw-backup-'));
  try {
    const { dev, ino } = await output.stat({ bigint: true });
    const archive = pack();
    const filling = fill(archive, context, { without: `${dev}:${ino}`, withEnv, scratch });
    filling.catch((error: Error) => archive.destroy(error));
    const packed = archive.pipe(createGzip());
    archive.on('error', (error) => packed.destroy(error));
    await output.writeFile(passphrase === null ? packed : encrypted(packed, passphrase));
    const { files, leftOut } = await filling;
    await output.sync();
    const { size } = await output.stat();
    return { files: Object.keys(files).length, bytes: size, leftOut };
  } catch (error) {
    await rm(target, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new CliError(
        `There is not enough room for the backup, in ${target} or in ${tmpdir()} where databases are copied first. Make room, or name a file on another disk: ./mobyclaw backup FILE`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    await output.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

interface FillOptions {
  without: string;
  withEnv: boolean;
  scratch: string;
}

async function fill(
  target: Pack,
  context: Context,
  { without, withEnv, scratch }: FillOptions,
): Promise<Awaited<ReturnType<BackupArchive['end']>>> {
  const { data, settings, version, clock } = context;
  const archive = new BackupArchive(target, {
    format: FORMAT,
    version,
    createdAt: new Date(clock.now()).toISOString(),
    files: {},
    links: {},
    hardLinks: {},
    leftOut: [],
  });
  const containers = await runningContainers(context);
  const workspaces = writableWorkspaces(readTextIfThere(data.workspaces) ?? '');
  for await (const entry of dataFiles({ root: data.root, workspaces, without, scratch })) {
    if (entry.kind === 'folder') await archive.folder(entry);
    else if (entry.kind === 'link') await archive.link(entry);
    else if (entry.kind === 'hard-link') await archive.hardLink(entry);
    else if (entry.kind === 'left-out') archive.leftOut(entry);
    else if (entry.kind === 'file') await archive.file(entry, entry.file);
    else {
      const path = entry.path.toString();
      const copy = await copyDatabase({ path, absolute: entry.absolute, scratch, containers });
      try {
        await using file = await open(copy.file, 'r');
        await archive.file(entry, file);
      } finally {
        await copy.remove();
      }
    }
  }
  const env = withEnv ? readTextIfThere(settings.file) : null;
  if (env !== null) await archive.text(ENV_ENTRY, env);
  return archive.end();
}

/** @returns null where the file has a fault, so that it is not known where the agent writes */
function writableWorkspaces(text: string): string[] | null {
  try {
    return parseWorkspacesConf(text).flatMap(({ path, mode }) => (mode === 'rw' ? [path] : []));
  } catch (error) {
    if (error instanceof WorkspacesConfError) return null;
    throw error;
  }
}

async function runningContainers(
  context: Context,
): Promise<Parameters<typeof copyDatabase>[0]['containers']> {
  if (runningStack(context.data)?.mode !== 'compose') return null;
  const { ComposeProject } = await import('../compose/project.ts');
  const project = new ComposeProject(context);
  const running = (await project.services()).filter(({ status }) => status.startsWith('Up'));
  return { project, running: running.map(({ name }) => name) };
}
