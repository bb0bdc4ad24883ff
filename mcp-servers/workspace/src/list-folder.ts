/** `workspace_list`: the workspaces, or what is in a folder, page by page. */
import type { BigIntStats } from 'node:fs';
import { opendir, readlink } from 'node:fs/promises';
import type { HeldFolder } from '@mobyclaw/lib/held-folder';
import { shownPath, shownSize } from './shown.ts';
import { atPlace, lstatOrNull } from './walk.ts';
import type { Address, Workspace } from './workspaces.ts';

const MAX_NAMES = 50_000; // a folder with more is listed in part, and says so

export interface Page {
  /** How many entries to pass over. */
  offset: number;
  limit: number;
}

const MEANING: Record<Workspace['mode'], string> = {
  rw: 'read and write',
  ro: 'read only',
  none: 'read only, and not there in the shell',
};

export function listWorkspaces(workspaces: readonly Workspace[]): string {
  if (workspaces.length === 0) {
    return 'There are no workspaces. The owner adds one in workspaces.conf: name=/folder:rw.';
  }
  const lines = workspaces.map(({ name, path, mode }) => {
    const shell = mode === 'none' ? '' : `, in the shell ${shownPath(path)}`;
    return `- ${name}/ (${MEANING[mode]}${shell})`;
  });
  return `Workspaces:\n${lines.join('\n')}`;
}

/**
 * @param most entries of a folder that are listed
 * @throws ToolError where there is no such folder
 */
export function listFolder(address: Address, page: Page, most = MAX_NAMES): Promise<string> {
  return atPlace(address, { end: 'target' }, async ({ folder, name }) => {
    if (name === null) return report(folder, address.shown, page, most);
    const listed = await folder.openFolder(name);
    try {
      return await report(listed, address.shown, page, most);
    } finally {
      await listed.close();
    }
  });
}

async function report(
  folder: HeldFolder,
  shown: string,
  { offset, limit }: Page,
  most: number,
): Promise<string> {
  const { names, more } = await namesOf(folder, most);
  if (names.length === 0) return `${shown}/ is empty.`;
  if (offset >= names.length) return `${shown}/ has ${names.length} entries only.`;
  const page = names.slice(offset, offset + limit);
  const lines: string[] = [];
  for (const name of page) lines.push(await line(folder, name));
  const last = offset + page.length;
  const rest = last < names.length ? ` Go on with offset ${last}.` : '';
  const cut = more ? ` It has more than ${most}; the rest is not listed.` : '';
  return `${shown}/, entries ${offset + 1} to ${last} of ${names.length}.${rest}${cut}\n\n${lines.join('\n')}`;
}

async function namesOf(folder: HeldFolder, most: number): Promise<{ names: string[]; more: boolean }> {
  const names: string[] = [];
  for await (const { name } of await opendir(folder.path, { bufferSize: 1_000 })) {
    if (names.length === most) return { names: names.sort(), more: true };
    names.push(name);
  }
  return { names: names.sort(), more: false };
}

async function line(folder: HeldFolder, name: string): Promise<string> {
  const shown = shownPath(name);
  const stats = await lstatOrNull(folder, name);
  if (stats === null) {
    // Gone meanwhile, or its name is no UTF-8 and cannot be said in JSON.
    return name.includes('\uFFFD') ? `${shown} (its name is not UTF-8; use the shell)` : `${shown} (gone)`;
  }
  const changed = `changed ${new Date(Number(stats.mtimeMs)).toISOString().slice(0, 16)}Z`;
  if (stats.isDirectory()) return `${shown}/ (folder, ${changed})`;
  if (stats.isFile()) return `${shown} (${shownSize(stats.size)}, ${changed})`;
  if (stats.isSymbolicLink()) return `${shown} (link to ${await target(folder, name)})`;
  return `${shown} (${specialKind(stats)})`;
}

async function target(folder: HeldFolder, name: string): Promise<string> {
  try {
    return shownPath(await readlink(folder.at(name)));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EINVAL' || code === 'ENOENT') return 'something that changes just now';
    throw error;
  }
}

function specialKind(stats: BigIntStats): string {
  if (stats.isFIFO()) return 'pipe';
  return stats.isSocket() ? 'socket' : 'device';
}
