/**
 * Which user the containers run as: the one who owns the data directory, so that what they write belongs to him and what
 * he has is writable for them, whatever his number is.
 *
 * With rootless Docker the owner is root inside the containers, and only there. With a Docker that runs as root a
 * container never does: a data directory of root is handed to 1000, which root can read all the same.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { quoted } from '@mobyclaw/lib/shell-quote';
import { CliError } from '../cli-error.ts';
import { giveTree } from '../tree-owner.ts';

const UNPRIVILEGED = 1000;

export interface ContainerUser {
  uid: number;
  gid: number;
}

/** What is mounted must be there before: Docker would make it itself, as root. */
const MOUNTED = ['agent', 'sessions', 'gateway', 'egress', 'egress/rules', 'models'];

/**
 * Makes the folders that are mounted, private to their owner, and tells who that is.
 * @param wanted MOBYCLAW_UID and MOBYCLAW_GID where the owner has set them
 * @param rootless whether Docker runs without root
 * @throws CliError where the data directory cannot be made or belongs to another user
 */
export async function prepareContainerUser(
  home: string,
  rootless: boolean,
  wanted: Partial<ContainerUser> = {},
): Promise<ContainerUser> {
  try {
    for (const folder of ['', ...MOUNTED]) await mkdir(join(home, folder), { recursive: true, mode: 0o700 });
    if (rootless) return { uid: 0, gid: 0 };
    const { uid, gid } = await stat(home);
    const user = {
      uid: wanted.uid ?? (uid === 0 ? UNPRIVILEGED : uid),
      gid: wanted.gid ?? (uid === 0 ? UNPRIVILEGED : gid),
    };
    // What root has written (a first start, an edit with sudo) would be out of reach for the containers.
    if (process.getuid?.() === 0 && user.uid !== 0) await giveTree(home, user);
    return user;
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    throw new CliError(
      `${path ?? home} cannot be made ready (${code}). Give ${home} to yourself: sudo chown -R "$USER" ${quoted(home)}`,
      { cause: error },
    );
  }
}
