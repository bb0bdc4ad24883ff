/**
 * Which folders Moby's shell may be given. A workspace must be there, and it must not show him what the stack keeps from
 * him: the data directory with its keys and conversations, the program that the owner runs on this machine, or the
 * socket of Docker, each of which would make him master of it.
 */

import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import { realPath } from './real-path.ts';

export interface ForbiddenPlace {
  path: string;
  what: string;
  /** Whether a folder inside of it is refused too. */
  inside: boolean;
}

export function forbiddenPlaces(
  home: string,
  checkout: string,
  env: Readonly<Record<string, string | undefined>>,
): ForbiddenPlace[] {
  const sockets = [
    '/var/run/docker.sock',
    env.DOCKER_HOST?.startsWith('unix://') ? env.DOCKER_HOST.slice('unix://'.length) : undefined,
    env.XDG_RUNTIME_DIR && join(env.XDG_RUNTIME_DIR, 'docker.sock'),
    join(homedir(), '.docker/run/docker.sock'),
  ].filter((path): path is string => Boolean(path));
  return [
    { path: home, what: 'the data directory with its keys', inside: true },
    { path: checkout, what: 'the program of Mobyclaw itself', inside: true },
    ...sockets.map((path) => ({ path, what: 'the socket of Docker', inside: false })),
    ...['/proc', '/sys', '/dev', '/etc'].map((path) => ({
      path,
      what: `the system's ${path}`,
      inside: true,
    })),
  ];
}

/** @returns why the folder cannot be given to Moby, with what to do; or null */
export async function folderFault(
  path: string,
  forbidden: readonly ForbiddenPlace[],
): Promise<string | null> {
  const places = await Promise.all(
    forbidden.map(async (place) => ({ ...place, path: await realPath(place.path) })),
  );
  try {
    if (!(await stat(path)).isDirectory()) return `${path} is not a folder. Give the folder that it is in.`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return `there is no folder ${path}. Create it, or give another one.`;
    return `${path} cannot be looked at (${code}). Make it readable for you.`;
  }
  const folder = await realPath(path);
  for (const { path: place, what, inside } of places) {
    if (contains(folder, place) || (inside && contains(place, folder)))
      return `${path} would show Moby ${what}. Give another folder.`;
  }
  return null;
}

function contains(folder: string, path: string): boolean {
  return folder === path || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
