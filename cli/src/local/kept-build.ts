/**
 * The build that local mode last ran well on, in run/build of the data directory: the launcher replaces dist/ when the
 * checkout changes, and an upgrade needs a way back. Made of links where the file system allows it.
 */
import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataDirectory } from '../data-directory.ts';
import { readTextIfThere } from '../env-file.ts';

/** @returns its program, or null where none was kept */
export function keptBuild({ run }: Pick<DataDirectory, 'run'>): string | null {
  const program = join(run, 'build', 'local.js');
  return existsSync(program) ? program : null;
}

interface KeptFor {
  checkout: string;
  data: Pick<DataDirectory, 'run'>;
}

/** Puts the present build in the place of the one that was kept. */
export async function keepBuild({ checkout, data }: KeptFor): Promise<void> {
  const dist = join(checkout, 'dist');
  const kept = join(data.run, 'build');
  const stamp = readTextIfThere(join(dist, '.built'));
  if (stamp === null || stamp === readTextIfThere(join(kept, '.built'))) return;
  const fresh = await mkdtemp(`${kept}.new-`); // another `up` may do the same at this moment
  try {
    await copyFolder(dist, fresh);
    await writeFile(join(fresh, 'package.json'), '{"type":"module"}\n'); // as the checkout's own says
    await rm(kept, { recursive: true, force: true });
    await rename(fresh, kept);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error; // else the other one has just kept it
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** A file of a build is replaced by renaming and never written again, so a link keeps its content. */
async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      if (entry.name !== '.compile-cache') await copyFolder(source, target);
    } else if (entry.isFile() && !entry.name.endsWith('.map')) {
      await link(source, target).catch(() => copyFile(source, target)); // another file system, or one without links
    }
  }
}
