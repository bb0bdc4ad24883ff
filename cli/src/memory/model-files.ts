/**
 * Fetches the files of a model: from their publisher, from a mirror of it, or from a folder, whatever the files are called there. What
 * counts is the hash. A download that was cut goes on where it ended.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { agentsFor, fetchThrough } from '@mobyclaw/lib/node-fetch';
import type { Environment } from '@mobyclaw/lib/proxy';
import { CliError } from '../cli-error.ts';
import type { CatalogueFile } from './model-catalogue.ts';

const MOST_REDIRECTS = 5; // the publisher's address leads to where its files lie
const MOST_DEPTH = 3; // folders in a folder

export interface FetchFile {
  file: CatalogueFile;
  /** Address or folder. */
  from: string;
  /** Where it is put. */
  to: string;
  environment: Environment;
  /** @param bytes that are there so far */
  progress(bytes: number): void;
}

/** @throws CliError which says what happened; what has come stays beside, for the next time */
export async function fetchFile(wish: FetchFile): Promise<void> {
  if (await isFile(wish.to, wish.file)) return;
  const part = `${wish.to}.part`;
  if (/^https?:\/\//i.test(wish.from)) await download(wish, part);
  else await copyFile(await findIn(resolve(wish.from), wish), part);
  if (!(await isFile(part, wish.file))) {
    await rm(part, { force: true });
    throw new CliError(
      `${wish.file.path} from ${wish.from} is not the file that is known: its sha256 is another one than ${wish.file.sha256}. Nothing was installed. Take it from another place: --from FOLDER or --from URL.`,
    );
  }
  await rename(part, wish.to);
}

async function download({ file, from, environment, progress }: FetchFile, part: string): Promise<void> {
  const ask = fetchThrough(agentsFor(environment));
  const there = await sizeOf(part);
  const address = `${from.replace(/\/$/, '')}/${file.path}`;
  const failed = (why: string, cause?: unknown): CliError =>
    new CliError(
      `${address} cannot be fetched: ${why}. Run it again to go on; from elsewhere: --from FOLDER or --from URL.`,
      { cause },
    );
  try {
    const range = there > 0 && there < file.bytes ? there : 0;
    const response = await followed(ask, address, range > 0 ? { range: `bytes=${range}-` } : {});
    if (!response.ok || response.body === null) throw failed(`HTTP ${response.status}`);
    let bytes = response.status === 206 ? range : 0;
    const flags = bytes > 0 ? 'a' : 'w';
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        progress(bytes);
        if (bytes > file.bytes) done(failed('more comes than the file has'));
        else done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), count, createWriteStream(part, { flags, mode: 0o600 }));
    if (bytes < file.bytes) throw failed(`the connection ended after ${bytes} of ${file.bytes} bytes`);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw failed((error as Error).message, error);
  }
}

async function followed(
  ask: typeof fetch,
  address: string,
  headers: Record<string, string>,
): Promise<Response> {
  let at = address;
  for (let step = 0; step <= MOST_REDIRECTS; step++) {
    const response = await ask(at, { headers: { ...headers, 'accept-encoding': 'identity' } });
    const next = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || next === null) return response;
    await response.body?.cancel();
    at = new URL(next, at).href;
    if (address.startsWith('https:') && !at.startsWith('https:'))
      throw new Error('it leads to an address without TLS');
  }
  throw new Error('it leads from one address to the next without end');
}

/** By size and hash, since an archive that was unpacked has names of its own. */
async function findIn(folder: string, { file }: FetchFile): Promise<string> {
  const pending = [{ path: folder, depth: 0 }];
  for (const { path, depth } of pending) {
    const entries = await readdir(path, { withFileTypes: true }).catch((cause) => {
      throw new CliError(`${path} cannot be read (${cause.code}). --from takes a folder or an address.`, {
        cause,
      });
    });
    for (const entry of entries) {
      const at = join(path, entry.name);
      if (entry.isDirectory() && depth < MOST_DEPTH) pending.push({ path: at, depth: depth + 1 });
      if (entry.isFile() && (await isFile(at, file))) return at;
    }
  }
  throw new CliError(
    `No file in ${folder} is ${file.path} (${file.bytes} bytes, sha256 ${file.sha256}). Nothing was installed.`,
  );
}

async function isFile(path: string, { bytes, sha256 }: CatalogueFile): Promise<boolean> {
  if ((await sizeOf(path)) !== bytes) return false;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex') === sha256;
}

/** 0 where there is none. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
