/**
 * Places inside a workspace that Moby's containers see otherwise than the workspace around them. His shell is a program
 * of the model, so only a mount can hold it:
 *
 * - `readOnly`: repositories, since git on the owner's machine runs what stands in their settings and hooks, and by a
 *   repository that is entered in an index it runs those of another folder. All of a `.git` is: who can write beside
 *   `config` names another one (`commondir`), and a mount of `config` alone is gone once the owner's git renames a new one
 *   over it. And workspaces that the owner gave read-only.
 * - `hidden`: workspaces that his shell does not get.
 * - `kept`: writable as before, but held in its place: each folder on the way to one of the others, and workspaces inside
 *   of workspaces. Otherwise the shell moves the folder away and makes one of the same name.
 *
 * Docker follows a link that it finds on the way to what it mounts, and the shell can write there until it is held. So the
 * parts look at their own mounts before they begin (`@mobyclaw/lib/seals`).
 */
import { realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { WorkspaceEntry, WorkspaceMode } from '../workspaces-conf.ts';
import { findRepositories } from './repositories.ts';

export interface Seal {
  /** Of the workspace around it. */
  workspace: string;
  /** Of that workspace on this machine, without links. */
  root: string;
  /** Below it. */
  path: string;
  kind: 'readOnly' | 'hidden' | 'kept';
  /** The workspace that this is, where it is one. */
  is?: string;
}

export interface Sealing {
  /** Outer ones first. */
  seals: Seal[];
  /** What could not be sealed, for the owner. */
  open: string[];
}

const KIND_OF_MODE: Readonly<Record<WorkspaceMode, Seal['kind']>> = {
  ro: 'readOnly',
  none: 'hidden',
  rw: 'kept',
};

/** @param workspaces whose folders are there */
export async function findSeals(workspaces: readonly WorkspaceEntry[]): Promise<Sealing> {
  const places = await Promise.all(
    workspaces.map(async (entry) => ({ ...entry, root: await realpath(entry.path) })),
  );
  const open: string[] = [];
  const repositories: string[] = [];
  for (const { name, root, mode } of places) {
    if (mode !== 'rw') continue;
    const { found, links, more } = await findRepositories(root);
    repositories.push(...found.map((path) => join(root, path)));
    open.push(...links.map((path) => `${name}/${path} is a link`));
    if (more) open.push(`${name} is too large to be looked through for repositories to its end`);
  }
  const seals = places.flatMap(({ name, root, mode }) => {
    const inner = places
      .filter((other) => other.mode !== 'rw' || mode === 'rw')
      .map((other) => ({ path: below(root, other.root), kind: KIND_OF_MODE[other.mode], is: other.name }));
    const git =
      mode === 'rw'
        ? repositories.map((path) => ({ path: below(root, path), kind: 'readOnly' as const }))
        : [];
    const wanted = new Map<string, Omit<Seal, 'workspace' | 'root' | 'path'>>();
    for (const { path, ...rest } of [...inner, ...git]) if (path !== null) wanted.set(path, rest);
    if (mode === 'rw')
      for (const path of [...wanted.keys()])
        for (const way of waysTo(path)) if (!wanted.has(way)) wanted.set(way, { kind: 'kept' });
    return [...wanted]
      .map(([path, rest]): Seal => ({ workspace: name, root, path, ...rest }))
      .filter((seal) => !isWithin(seal, wanted))
      .sort((a, b) => a.path.split(sep).length - b.path.split(sep).length || (a.path < b.path ? -1 : 1));
  });
  return { seals, open };
}

/** Whether one around it says as much already: nothing shows in a hidden folder, and what is read-only stays in its place. */
function isWithin({ path, kind }: Seal, all: ReadonlyMap<string, Pick<Seal, 'kind'>>): boolean {
  return waysTo(path).some((way) => {
    const around = all.get(way)?.kind;
    return around === 'hidden' || (around === 'readOnly' && kind !== 'hidden');
  });
}

/** The folders between a workspace and a place in it. */
function waysTo(path: string): string[] {
  const ways: string[] = [];
  for (let way = dirname(path); way !== '.'; way = dirname(way)) ways.push(way);
  return ways;
}

/** @returns the path below the folder; null where it is the folder itself or not in there */
function below(folder: string, path: string): string | null {
  const way = relative(folder, path);
  return way === '' || way === '..' || way.startsWith(`..${sep}`) ? null : way;
}
