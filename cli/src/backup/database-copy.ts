/**
 * A copy of a SQLite database as it is at one moment, though its process goes on writing. Where that process runs in a
 * container the copy is made in there: on Docker Desktop the locks of the two sides do not see each other, and a second
 * opener could damage the file.
 */
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { CliError } from '../cli-error.ts';
import type { ComposeProject } from '../compose/project.ts';

/** Which service has which folder of the data directory, and where. Those of `sessions/` go by `session-files.ts`. */
const PLACES = [
  { folder: 'gateway/', service: 'gateway', mount: '/data/gateway/' },
  { folder: 'egress/', service: 'egress', mount: '/data/egress/' },
  { folder: '', service: 'memory', mount: '/data/' },
] as const;

const ALL_PAGES = 2 ** 30; // in one step: what another process writes meanwhile would make it begin anew

/** Run in the container by `node -e`, with the two paths as its arguments. */
const IN_CONTAINER = `const{backup,DatabaseSync}=require('node:sqlite');const[from,to]=process.argv.slice(1);
backup(new DatabaseSync(from,{readOnly:true}),to,{rate:${ALL_PAGES}}).then(()=>require('node:fs').chmodSync(to,0o600));`;

export interface CopyDatabase {
  /** Inside the data directory. */
  path: string;
  absolute: string;
  /** Folder for copies that are made here. */
  scratch: string;
  /** The stack and its services that run, if any. */
  containers: { project: ComposeProject; running: readonly string[] } | null;
}

export interface DatabaseCopy {
  file: string;
  remove(): Promise<void>;
}

/** @throws CliError where the database cannot be read */
export async function copyDatabase({
  path,
  absolute,
  scratch,
  containers,
}: CopyDatabase): Promise<DatabaseCopy> {
  const place = PLACES.find(({ folder }) => path.startsWith(folder));
  if (place !== undefined && containers?.running.includes(place.service)) {
    // Beside the database: the one folder that both sides have.
    const name = `.backup-${process.pid}-${basename(path)}`;
    const inside = (file: string): string => place.mount + file.slice(place.folder.length);
    const copy = join(dirname(absolute), name);
    const target = inside(join(dirname(path), name));
    await containers.project.must([
      'exec',
      '-T',
      place.service,
      'node',
      '-e',
      IN_CONTAINER,
      inside(path),
      target,
    ]);
    return { file: copy, remove: () => rm(copy, { force: true }) };
  }
  const copy = join(scratch, path.replaceAll('/', '%'));
  try {
    using database = new DatabaseSync(absolute, { readOnly: true, timeout: 10_000 });
    await backup(database, copy, { rate: ALL_PAGES });
  } catch (error) {
    throw new CliError(
      `${absolute} cannot be copied: ${(error as Error).message}. ./mobyclaw doctor may tell more.`,
      {
        cause: error,
      },
    );
  }
  return { file: copy, remove: () => rm(copy, { force: true }) };
}
