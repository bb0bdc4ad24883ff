/**
 * Whether this machine can run a program behind bubblewrap's walls, found out by doing it once: it may be missing, and
 * newer Ubuntu (AppArmor), hardened kernels and containers forbid the user namespaces that it is made of.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { findOnPath } from './find-on-path.ts';
import { quoted } from './shell-quote.ts';

const run = promisify(execFile);
const PROBE_MS = 10_000; // takes 10 ms; a loaded machine may need seconds

/** Namespaces of its own for everything, no right of the owner's that a user has not, and its end with its parent's. */
export const WALL_FLAGS: readonly string[] = [
  '--unshare-all',
  '--unshare-user',
  '--die-with-parent',
  '--new-session',
  '--cap-drop',
  'ALL',
];

/** Since bubblewrap 0.8, and not where it is installed setuid. */
const NO_NESTING = '--disable-userns';

export type Bubblewrap =
  | { possible: true; program: string; flags: readonly string[] }
  | {
      possible: false;
      /** A sentence without its dot. */
      why: string;
      /** What the owner can do, sentences; empty where nothing can be done. */
      cure: string;
    };

/**
 * @param path as in PATH
 * @param folder that whoever is behind the walls has to write in, such as the data directory; it need not be there yet
 */
export async function findBubblewrap(
  path: string | undefined,
  folder?: string,
  platform: NodeJS.Platform = process.platform,
): Promise<Bubblewrap> {
  if (platform !== 'linux')
    return { possible: false, why: `bubblewrap is for Linux, and this is ${platform}`, cure: '' };
  const program = await findOnPath(['bwrap'], `${path ?? ''}:/usr/bin:/usr/local/bin`);
  if (program === null) {
    return {
      possible: false,
      why: 'bubblewrap is not installed',
      cure: 'Install it: sudo apt install bubblewrap (on other systems: dnf, pacman or zypper, the same name).',
    };
  }
  const nested = await tryOnce(program, [...WALL_FLAGS, NO_NESTING]);
  const said = nested === null ? null : await tryOnce(program, WALL_FLAGS);
  if (said === null) {
    const flags = nested === null ? [...WALL_FLAGS, NO_NESTING] : WALL_FLAGS;
    if (folder === undefined || !existsSync(folder) || (await reaches({ program, flags }, folder)))
      return { possible: true, program, flags };
    return {
      possible: false,
      why: `behind walls nobody could use ${folder}, which belongs to another user than the one who starts Moby: root has no privileges there`,
      cure: `Start Moby as the user whom ${folder} belongs to, or make it yours: sudo chown -R "$(id -u):$(id -g)" ${quoted(folder)}`,
    };
  }
  return { possible: false, why: `${program} does not work here (${said})`, cure: wallCure(await limits()) };
}

/**
 * Whether whoever stands behind the walls can use a folder. It may be closed to him although it is open to whoever starts him:
 * root keeps no right to what others own.
 * @param writes he has to be able to write there too
 */
export async function reaches(
  { program, flags }: Pick<Extract<Bubblewrap, { possible: true }>, 'program' | 'flags'>,
  folder: string,
  writes = true,
): Promise<boolean> {
  const script = `test -r "$0" -a -x "$0"${writes ? ' -a -w "$0"' : ''}`;
  const binds = [writes ? '--bind' : '--ro-bind', folder, folder];
  return (await tryOnce(program, flags, [...binds, '/bin/sh', '-c', script, folder])) === null;
}

/** @returns null where it worked, else what it said */
async function tryOnce(
  program: string,
  flags: readonly string[],
  command: readonly string[] = ['/bin/sh', '-c', ':'],
): Promise<string | null> {
  const args = [...flags, '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', ...command];
  try {
    await run(program, args, { timeout: PROBE_MS, env: {} });
    return null;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    return (
      (stderr || message)
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^bwrap: /, '') ?? 'it says nothing'
    );
  }
}

/** What the kernel says of user namespaces; null where it has no such word. */
export interface NamespaceLimits {
  /** `kernel.apparmor_restrict_unprivileged_userns`, Ubuntu since 23.10 */
  apparmor: string | null;
  /** `kernel.unprivileged_userns_clone`, older Debian and hardened kernels */
  clone: string | null;
  /** `user.max_user_namespaces` */
  most: string | null;
}

async function limits(): Promise<NamespaceLimits> {
  const [apparmor, clone, most] = await Promise.all([
    sysctl('kernel/apparmor_restrict_unprivileged_userns'),
    sysctl('kernel/unprivileged_userns_clone'),
    sysctl('user/max_user_namespaces'),
  ]);
  return { apparmor: apparmor ?? null, clone: clone ?? null, most: most ?? null };
}

async function sysctl(name: string): Promise<string | undefined> {
  return readFile(`/proc/sys/${name}`, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

/** @returns what the owner can do where bubblewrap is there and does not work */
export function wallCure({ apparmor, clone, most }: NamespaceLimits): string {
  if (apparmor === '1') {
    return (
      'AppArmor keeps user namespaces from programs without a profile. Give bubblewrap one: ' +
      "printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile bwrap /usr/bin/bwrap flags=(unconfined) {\\n  userns,\\n}\\n' " +
      '| sudo tee /etc/apparmor.d/bwrap && sudo systemctl reload apparmor'
    );
  }
  if (clone === '0')
    return 'The kernel forbids user namespaces. Allow them: sudo sysctl -w kernel.unprivileged_userns_clone=1, and the same line in /etc/sysctl.d/ to keep it.';
  if (most === '0')
    return 'The kernel allows no user namespace. Allow some: sudo sysctl -w user.max_user_namespaces=15000, and the same line in /etc/sysctl.d/ to keep it.';
  return 'In a container or a restricted login it needs the right to make user namespaces and to mount /proc there; or run Moby in containers: ./mobyclaw up --compose.';
}
