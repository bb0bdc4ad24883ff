/**
 * What a container was promised about its mounts, and whether it got it. Docker finds the source of a mount by its path and
 * follows links on the way, also when a container comes back by itself; where the agent's shell could put such a link, the
 * mount shows a folder of the machine that nobody gave. The kernel says what each mount really is, so each part that has
 * workspaces compares before anything else of it runs.
 */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';

/** A JSON array, set by docker-compose.override.yml; absent where there is nothing to compare. */
export const SEALS_VARIABLE = 'MOBYCLAW_SEALS';

/** `at` is mounted and is what lies at `path` below the mount `base`; without `base` it is an empty folder in memory. */
const sealSchema = z.object({ at: z.string(), base: z.string().optional(), path: z.string().optional() });

export type SealedMount = z.infer<typeof sealSchema>;

interface Mount {
  device: string;
  /** Within the file system. */
  root: string;
  type: string;
}

/**
 * @param mountinfo as `/proc/self/mountinfo` has it
 * @returns the first place that is not what it should be, in words for the owner; null where all are
 */
export function brokenSeal(seals: readonly SealedMount[], mountinfo: string): string | null {
  const mounts = readMounts(mountinfo);
  for (const { at, base, path = '' } of seals) {
    const mount = mounts.get(at);
    const around = base === undefined ? undefined : mounts.get(base);
    const right =
      base === undefined
        ? mount?.type === 'tmpfs'
        : mount !== undefined &&
          mount.device === around?.device &&
          mount.root === `${around.root === '/' ? '' : around.root}/${path}`;
    if (!right) {
      return `${at} is not mounted from where it belongs. A link may stand in its way on your machine, which the agent's shell may have made: look at it there, then run ./mobyclaw up`;
    }
  }
  return null;
}

/** @returns as `brokenSeal`, for the mounts of this process */
export async function ownBrokenSeal(environment: NodeJS.ProcessEnv): Promise<string | null> {
  const text = environment[SEALS_VARIABLE];
  if (!text) return null;
  return brokenSeal(
    z.array(sealSchema).parse(JSON.parse(text)),
    await readFile('/proc/self/mountinfo', 'utf8'),
  );
}

/** By mount point; of several on top of each other the last, which is the one that shows. */
function readMounts(mountinfo: string): Map<string, Mount> {
  const mounts = new Map<string, Mount>();
  for (const line of mountinfo.split('\n')) {
    const [, , device = '', root = '', at = '', ...rest] = line.split(' ');
    if (at !== '')
      mounts.set(plain(at), { device, root: plain(root), type: rest[rest.indexOf('-') + 1] ?? '' });
  }
  return mounts;
}

/** The kernel writes blanks and the like as three octal digits of each byte. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
