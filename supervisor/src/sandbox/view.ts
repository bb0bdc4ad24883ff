/**
 * What the agent and his shell see of this machine's files, as arguments of bwrap: the system read-only, a /tmp of their
 * own, and of the owner's folders those that are named here, each at its own path. Nothing else of the home folder or the
 * data directory is there at all.
 *
 * What lies on the way to a mount is never a folder that the shell could have changed: bwrap follows links there. In
 * workspaces the seals see to that (lib/src/workspace-folders/seals.ts).
 */
import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Seal } from '@mobyclaw/lib/workspace-folders/seals';
import type { WorkspaceEntry } from '@mobyclaw/lib/workspaces-conf';
import { MACHINE_ETC } from './own-etc.ts';

export interface View {
  /** Folder with the files of /etc that are ours, and their names. */
  etc: { folder: string; names: readonly string[] };
  /** Files and folders that are there to be read, at the same path. */
  readOnly: readonly string[];
  /** Folders that he writes in, at the same path. */
  writable: readonly string[];
  workspaces: readonly WorkspaceEntry[];
  /** Outer ones first. */
  seals: readonly Seal[];
  cwd: string;
}

const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store', '/gnu/store'];

/** Whether a path is part of the system that is seen inside. */
export function isOfTheSystem(path: string): boolean {
  return SYSTEM.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

export function viewArguments(view: View): string[] {
  return [
    ...['--tmpfs', '/tmp', '--tmpfs', '/run', '--dir', '/var', '--tmpfs', '/var/tmp', '--symlink', '/run'],
    '/var/run',
    ...SYSTEM.flatMap(systemFolder),
    ...MACHINE_ETC.flatMap((name) => readOnly(`/etc/${name}`)),
    ...view.etc.names.flatMap((name) => ['--ro-bind', join(view.etc.folder, name), `/etc/${name}`]),
    // Where the owner is root, files below /proc/sys are his by their number alone, and some name a program that the kernel runs.
    ...['--proc', '/proc', '--remount-ro', '/proc', '--dev', '/dev'],
    ...workspaceArguments(view),
    ...view.readOnly.filter((path) => !isOfTheSystem(path)).flatMap((path) => ['--ro-bind', path, path]),
    ...view.writable.flatMap((path) => ['--bind', path, path]),
    ...['--remount-ro', '/', '--chdir', view.cwd],
  ];
}

/** In most systems /bin and its like are links into /usr by now. */
function systemFolder(path: string): string[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  return stats.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : readOnly(path);
}

function readOnly(path: string): string[] {
  return ['--ro-bind-try', path, path];
}

/** Outer folders before those inside of them, whatever order the owner wrote them in. One that is gone is left out. */
function workspaceArguments({ workspaces, seals }: View): string[] {
  const mounts = workspaces
    .filter(({ mode }) => mode !== 'none')
    .flatMap(({ name, path, mode }) => [
      { at: path, args: [mode === 'rw' ? '--bind-try' : '--ro-bind-try', path, path] },
      ...seals
        .filter(({ workspace }) => workspace === name)
        .map((seal) => ({ at: join(path, seal.path), args: sealArguments(path, seal) })),
    ]);
  const depth = (path: string): number => path.split('/').length;
  return mounts.sort((a, b) => depth(a.at) - depth(b.at)).flatMap(({ args }) => args);
}

function sealArguments(workspace: string, { root, path, kind }: Seal): string[] {
  const at = join(workspace, path);
  if (kind === 'hidden') return ['--tmpfs', at, '--remount-ro', at];
  return [kind === 'readOnly' ? '--ro-bind-try' : '--bind-try', join(root, path), at];
}
