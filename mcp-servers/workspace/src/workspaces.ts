/**
 * The owner's folders by name, and which of them a path of the model means.
 *
 * The modes, here and nowhere else:
 * - `rw`: these tools read and write; the agent's shell has the folder too, writable.
 * - `ro`: these tools and the shell read.
 * - `none`: the shell does not get the folder at all; these tools read. The owner shows something without letting
 *   programs near it. It is mounted read-only here, so that the mount says the same as this server.
 *
 * A folder that is a workspace of its own keeps its mode where a larger workspace around it is writable: see
 * `protectedFolders`. Roots are the owner's word and may be links; nothing below them is followed out (`walk.ts`).
 */
import { stat } from 'node:fs/promises';
import { ToolError } from '@mobyclaw/mcp/tool';
import { shownPath } from './shown.ts';

const MOUNT_PREFIX = '/workspace'; // where the agent's shell sees the folders in a container
const MAX_DEPTH = 256; // each level holds a file descriptor for the length of a call

export type WorkspaceMode = 'rw' | 'ro' | 'none';

export interface Workspace {
  name: string;
  /** Absolute, as this process sees it. */
  path: string;
  mode: WorkspaceMode;
}

/** A path of the model, taken apart but not yet looked at on disk. */
export interface Address {
  workspace: Workspace;
  /** Below the workspace; may hold `.` and `..`, which `walk.ts` judges. */
  components: string[];
  /** `name/a/b`, safe to print. */
  shown: string;
}

export class Workspaces {
  readonly all: readonly Workspace[];
  readonly #byName: ReadonlyMap<string, Workspace>;

  constructor(all: readonly Workspace[]) {
    this.all = all;
    this.#byName = new Map(all.map((workspace) => [workspace.name, workspace]));
  }

  /**
   * @param path `name/a/b`; also the form that the shell uses, `/workspace/name/a/b`
   * @throws ToolError where no workspace is meant
   */
  find(path: string): Address {
    const relative = this.#withoutPrefix(path);
    const [name = '', ...components] = relative.split('/').filter((part) => part !== '' && part !== '.');
    const workspace = this.#byName.get(name);
    if (!workspace) {
      throw new ToolError(
        `"${shownPath(path)}" is in no workspace. Begin the path with the name of one: ${this.#names()}.`,
      );
    }
    if (components.length > MAX_DEPTH) {
      throw new ToolError(`The path has more than ${MAX_DEPTH} levels; these tools go no deeper.`);
    }
    return { workspace, components, shown: shownPath([name, ...components].join('/')) };
  }

  /** @throws ToolError where the mode does not let these tools write */
  assertWritable({ workspace }: Address): void {
    if (workspace.mode === 'rw') return;
    throw new ToolError(
      `The workspace ${workspace.name} is read-only. Nothing was changed. Only the owner can open it, in workspaces.conf.`,
    );
  }

  /** Identity (`device:inode`) of every folder that is the root of a read-only workspace, with its name. */
  async protectedFolders(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const { name, path, mode } of this.all) {
      if (mode === 'rw') continue;
      try {
        const { dev, ino } = await stat(path, { bigint: true });
        found.set(`${dev}:${ino}`, name);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error; // a folder that is gone needs no protection
      }
    }
    return found;
  }

  #withoutPrefix(path: string): string {
    if (!path.startsWith('/')) return path;
    const roots = this.all.flatMap(({ name, path: root }) => [
      { root, name },
      { root: `${MOUNT_PREFIX}/${name}`, name },
    ]);
    const matching = roots
      .map(({ root, name }) => ({ root: root.replace(/\/+$/, ''), name }))
      .filter(({ root }) => path === root || path.startsWith(`${root}/`))
      .sort((a, b) => b.root.length - a.root.length);
    const [best] = matching;
    if (best) return `${best.name}/${path.slice(best.root.length)}`;
    throw new ToolError(
      `"${shownPath(path)}" is outside the workspaces. Give a path such as ${this.all[0]?.name ?? 'notes'}/file.md. There are: ${this.#names()}.`,
    );
  }

  #names(): string {
    return this.all.map(({ name }) => name).join(', ') || 'none; the owner adds one in workspaces.conf';
  }
}
