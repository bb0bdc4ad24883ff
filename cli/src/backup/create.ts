/**
 * Writes a backup: one `.tar.gz` with the data directory, readable by any tar, or the same encrypted. Databases are copied
 * at one moment each while Moby goes on; every file has its checksum in the manifest at the end. The file is created
 * 0600, never replaces one that is there, and is gone where something failed.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { readTextIfThere } from '../env-file.ts';
import { runningStack } from '../running-stack.ts';
import { encrypted } from './cipher.ts';
import { type DataFile, dataFiles } from './data-files.ts';
import { copyDatabase } from './database-copy.ts';
import { DATA_PREFIX, ENV_ENTRY, MANIFEST, type Manifest } from './manifest.ts';

const IN_MEMORY_BYTES = 4e6; // a file that is written anew while it is read is then still whole

export interface BackupOptions {
  /** Absolute. */
  target: string;
  withEnv: boolean;
  passphrase: string | null;
}

export interface BackupResult {
  files: number;
  bytes: number;
}

/** @throws CliError where the target is there already or cannot be written, or a file cannot be read */
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
    const archive = pack();
    const filling = fill(archive, context, { target, withEnv, scratch });
    filling.catch((error: Error) => archive.destroy(error));
    const packed = archive.pipe(createGzip());
    archive.on('error', (error) => packed.destroy(error));
    await output.writeFile(passphrase === null ? packed : encrypted(packed, passphrase));
    const files = await filling;
    await output.sync();
    const { size } = await output.stat();
    return { files, bytes: size };
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  } finally {
    await output.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

interface FillOptions {
  target: string;
  withEnv: boolean;
  scratch: string;
}

async function fill(
  archive: Pack,
  context: Context,
  { target, withEnv, scratch }: FillOptions,
): Promise<number> {
  const { data, settings, version, clock } = context;
  const manifest: Manifest = {
    format: 1,
    version,
    createdAt: new Date(clock.now()).toISOString(),
    files: {},
  };
  const containers = await runningContainers(context);
  for (const file of await dataFiles(data.root, [target])) {
    const name = DATA_PREFIX + file.path;
    if (file.kind === 'folder') await addFolder(archive, name, file);
    else if (file.kind === 'file') manifest.files[name] = await addFile(archive, name, file.absolute, file);
    else {
      const copy = await copyDatabase({ ...file, scratch, containers });
      try {
        manifest.files[name] = await addFile(archive, name, copy.file, file);
      } finally {
        await copy.remove();
      }
    }
  }
  const env = withEnv ? readTextIfThere(settings.file) : null;
  if (env !== null) manifest.files[ENV_ENTRY] = await addText(archive, ENV_ENTRY, env);
  await addText(archive, MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
  archive.finalize();
  return Object.keys(manifest.files).length;
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

function addFolder(archive: Pack, name: string, { mode, mtime }: DataFile): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry({ name: `${name}/`, type: 'directory', mode, mtime }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

type FileRecord = Manifest['files'][string];

function addText(archive: Pack, name: string, text: string): Promise<FileRecord> {
  const bytes = Buffer.from(text);
  return addBytes(archive, { name, mode: 0o600, size: bytes.length }, [bytes]);
}

/** Adds what the file holds now; what is appended meanwhile, as to a log, is left out. */
async function addFile(
  archive: Pack,
  name: string,
  path: string,
  { mode, mtime }: DataFile,
): Promise<FileRecord> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  if (size <= IN_MEMORY_BYTES) {
    const bytes = await file.readFile();
    return await addBytes(archive, { name, mode, mtime, size: bytes.length }, [bytes]);
  }
  const stream = createReadStream('', { fd: file.fd, autoClose: false, end: size - 1 });
  return await addBytes(archive, { name, mode, mtime, size }, stream); // before the file is closed
}

interface EntryHead {
  name: string;
  mode: number;
  mtime?: Date;
  size: number;
}

async function addBytes(
  archive: Pack,
  head: EntryHead,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<FileRecord> {
  const hash = createHash('sha256');
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve());
    const entry = archive.entry(head, done) as unknown as Writable; // streamx's, which behaves as Node's
    const write = async (): Promise<void> => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        if (!entry.write(chunk)) await once(entry, 'drain');
      }
      if (bytes !== head.size)
        throw new CliError(`${head.name} was cut while it was read. Make the backup again.`);
      entry.end();
    };
    write().catch(reject);
  });
  return { size: bytes, sha256: hash.digest('hex') };
}
