/**
 * The builds that local mode runs from, in run/builds of the data directory. The launcher replaces dist/ as soon as the
 * checkout changes, and installing the dependencies replaces Node itself; a Moby who runs must not become another one by
 * that when a part of him is started anew. So `up` and `upgrade` put what they start into a folder of its own (bundles,
 * Node, and the defaults of a new data directory), by hard links where the file system allows it.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import {
  constants,
  copyFile,
  cp,
  link,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { LocalState } from '@mobyclaw/protocol/local-state';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { type DataDirectory, makeDataFolders } from '../data-directory.ts';
import { readTextIfThere } from '../env-file.ts';
import { say } from '../terminal.ts';

const run = promisify(execFile);

export interface Build {
  /** Its `local.js`. */
  program: string;
  /** Version and digest, such as "0.1.0 4f1d02c9aa01". */
  stamp: string;
}

type Place = Pick<Context, 'checkout' | 'terminal' | 'data'>;

/** @returns what dist/ of the checkout holds; '' where there is nothing */
export function checkoutStamp(checkout: string): string {
  return readTextIfThere(join(checkout, 'dist', '.built'))?.trim() ?? '';
}

/** "0.1.0 (build 4f1d02c9aa01)": the version alone stays the same over many builds. */
export function buildName(stamp: string): string {
  const [version = '', digest] = stamp.split(' ');
  return digest === undefined ? version || 'an unknown version' : `${version} (build ${digest})`;
}

/**
 * Puts the checkout's present build into the data directory, where it is not there yet. On a full disk it is left where
 * it is: starting Moby is worth more.
 * @throws CliError where there is no build
 */
export async function placeBuild(place: Place): Promise<Build> {
  const { checkout, data, terminal } = place;
  const stamp = checkoutStamp(checkout);
  const dist = join(checkout, 'dist');
  if (stamp === '' || !existsSync(join(dist, 'local.js'))) {
    throw new CliError(`${join(dist, 'local.js')} is missing. Run ./mobyclaw, which builds it.`);
  }
  makeDataFolders(data);
  const builds = join(data.run, 'builds');
  const folder = join(builds, stamp.replaceAll(/[^\w.-]+/g, '-'));
  const placed = { program: join(folder, 'local.js'), stamp };
  if (readTextIfThere(join(folder, '.built'))?.trim() === stamp) return placed;
  try {
    await mkdir(builds, { recursive: true, mode: 0o700 });
    const fresh = await mkdtemp(join(builds, '.new-')); // another `up` may do the same at this moment
    try {
      await fill(fresh, checkout);
      await rename(fresh, folder);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return placed; // the other one has just placed it
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    say(terminal, `There is no room for a copy of this build, so Moby runs from ${dist} itself.`);
    return { program: join(dist, 'local.js'), stamp };
  }
  return placed;
}

/** The build that `state` runs from. One that an earlier version started ran from dist/ and kept a copy in run/build. */
export function runningBuild(data: Pick<DataDirectory, 'run'>, state: LocalState): Build | null {
  const program = state.program ?? join(data.run, 'build', 'local.js');
  if (!existsSync(program)) return null;
  const stamp = state.build ?? readTextIfThere(join(dirname(program), '.built'))?.trim() ?? state.version;
  return { program, stamp };
}

/** The build that ran last; null where there is none. Where there are two, an upgrade is under way, and knows which. */
export function placedBuild({ run }: Pick<DataDirectory, 'run'>): Build | null {
  const builds = join(run, 'builds');
  for (const name of existsSync(builds) ? readdirSync(builds) : []) {
    const stamp = readTextIfThere(join(builds, name, '.built'))?.trim();
    if (stamp !== undefined && !name.startsWith('.'))
      return { program: join(builds, name, 'local.js'), stamp };
  }
  return null;
}

/** The Node that a build was placed with; this one where it holds none. */
export function nodeOf({ program }: Pick<Build, 'program'>): string {
  const own = join(dirname(program), 'node');
  return existsSync(own) ? own : process.execPath;
}

/** Where the defaults of a new data directory are. */
export function defaultsOf({ program }: Pick<Build, 'program'>, checkout: string): string {
  const own = join(dirname(program), 'agents/moby');
  return existsSync(own) ? own : join(checkout, 'agents/moby');
}

/** @returns the commit that a build was placed from, or null where that is not known */
export function sourceOf({ program }: Pick<Build, 'program'>): string | null {
  return readTextIfThere(join(dirname(program), '.source'))?.trim() || null;
}

/** Removes every placed build but this one. */
export async function forgetOtherBuilds(
  { run }: Pick<DataDirectory, 'run'>,
  { program }: Build,
): Promise<void> {
  const builds = join(run, 'builds');
  const kept = basename(dirname(program));
  for (const name of existsSync(builds) ? await readdir(builds) : []) {
    if (name !== kept && !name.startsWith('.new-'))
      await rm(join(builds, name), { recursive: true, force: true });
  }
  await rm(join(run, 'build'), { recursive: true, force: true }); // of a version that kept one there
}

/** @returns the commit of the checkout; null where it is no git repository, or git is not there */
export async function checkoutCommit(checkout: string): Promise<string | null> {
  if (!existsSync(join(checkout, '.git'))) return null;
  return run('git', ['-C', checkout, 'rev-parse', 'HEAD']).then(
    ({ stdout }) => stdout.trim() || null,
    () => null, // no git, no commit yet, or a repository that git refuses to look at
  );
}

async function fill(folder: string, checkout: string): Promise<void> {
  await copyFolder(join(checkout, 'dist'), folder);
  await rm(join(folder, '.built'));
  await copyFile(join(checkout, 'dist/.built'), join(folder, '.built')); // what tells it from others is its own
  await writeFile(join(folder, 'package.json'), '{"type":"module"}\n'); // as the checkout's own says
  await linkOrCopy(process.execPath, join(folder, 'node'));
  const defaults = join(checkout, 'agents/moby');
  if (existsSync(defaults)) await cp(defaults, join(folder, 'agents/moby'), { recursive: true });
  const whatsapp = join(checkout, 'gateway/optional/whatsapp');
  if (existsSync(whatsapp)) {
    await mkdir(join(folder, 'optional'));
    await symlink(whatsapp, join(folder, 'optional/whatsapp')); // installed there, and only on demand
  }
  const commit = await checkoutCommit(checkout);
  if (commit !== null) await writeFile(join(folder, '.source'), `${commit}\n`);
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      if (entry.name !== '.compile-cache') await copyFolder(source, target);
    } else if (entry.isFile() && !entry.name.endsWith('.map')) await linkOrCopy(source, target);
  }
}

/** A file of a build is replaced by renaming and never written again, so a link keeps its content. */
async function linkOrCopy(source: string, target: string): Promise<void> {
  await link(source, target).catch(() => copyFile(source, target, constants.COPYFILE_FICLONE));
}
