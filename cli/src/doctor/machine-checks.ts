/** The machine: Node, npm, disk, clock. */
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Context } from '../context.ts';
import { localTime } from '../time.ts';
import { type Check, fail, ok, warn } from './check.ts';

const LEAST_FREE_BYTES = 100e6; // the databases and a day of logs
const SCANT_FREE_BYTES = 1e9;

export async function machineChecks(context: Context): Promise<Check[]> {
  return [checkNode(), await checkNpm(), await checkDisk(context), checkClock(context)];
}

function checkNode(): Check {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) return ok('node', `${process.version} at ${process.execPath}`);
  return fail(
    'node',
    `${process.version} is too old`,
    'Run the launcher ./mobyclaw, which brings the right one.',
  );
}

async function checkNpm(): Promise<Check> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['--version']);
    return ok('npm', stdout.trim());
  } catch (error) {
    const detail =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'not found' : (error as Error).message;
    return warn(
      'npm',
      detail,
      'It is needed for updates only: install Node.js with npm from https://nodejs.org',
    );
  }
}

/** @param wanted bytes that will be needed, for a warning */
export async function checkDisk({ data }: Pick<Context, 'data'>, wanted = SCANT_FREE_BYTES): Promise<Check> {
  let folder = data.root;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const detail = `${(free / 1e9).toFixed(1)} GB free in ${folder}`;
  if (free < LEAST_FREE_BYTES)
    return fail('disk', detail, 'Make room: Moby cannot keep messages on a full disk.');
  if (free < wanted) return warn('disk', detail, 'Make room before it runs full.');
  return ok('disk', detail);
}

/** A clock behind the program's own build is wrong for sure; schedules and TLS then fail in odd ways. */
export function checkClock({
  clock,
  checkout,
  settings,
}: Pick<Context, 'clock' | 'checkout' | 'settings'>): Check {
  const now = clock.now();
  const built = statSync(join(checkout, 'package-lock.json')).mtimeMs;
  const zone = settings.values.MOBYCLAW_TZ;
  const detail = `${localTime(new Date(now), zone, { seconds: true })}, time zone ${zone}`;
  if (now < built - 86_400_000)
    return fail(
      'clock',
      `${detail}, which is before this program was installed`,
      'Set the clock of this machine.',
    );
  return ok('clock', detail);
}
