/**
 * `workspaces.conf`: the owner's folders that Moby may work in, `name=/path[:ro|:rw|:none]`, one a line, rw where nothing
 * is said. Reads and edits the text only; whether a folder is there is for the caller to see.
 *
 * Only the first `=` and a mode at the very end mean anything, so a path may hold every character but a line break:
 * quotes, `#` and colons are part of it. A path that itself ends in `:ro` is written with its mode behind it.
 * A file with a fault is refused as a whole, each fault with its line.
 */
import { homedir } from 'node:os';
import { isAbsolute, join, normalize } from 'node:path';

export type WorkspaceMode = 'ro' | 'rw' | 'none';

export interface WorkspaceEntry {
  name: string;
  /** Absolute, without a trailing slash. */
  path: string;
  mode: WorkspaceMode;
}

export interface WorkspaceLine extends WorkspaceEntry {
  /** From 1. */
  line: number;
}

export class WorkspacesConfError extends Error {
  override name = 'WorkspacesConfError';
}

const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,63}$/u;
/** `workspace/notes/a.md` would be two places: in a workspace of that name, and below /workspace. */
const RESERVED = new Set(['workspace']);
const OWN_NAME = 'each workspace needs a name of its own.';
const MODE = /:(ro|rw|none)$/;

/**
 * @param file how the messages name the file
 * @throws WorkspacesConfError with every fault, one a line
 */
export function parseWorkspacesConf(text: string, file = 'workspaces.conf'): WorkspaceLine[] {
  const entries: WorkspaceLine[] = [];
  const faults: string[] = [];
  const lineOf = new Map<string, number>();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const content = index === 0 ? raw.replace(/^\uFEFF/, '').trim() : raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const entry = parseWorkspace(content);
    const earlier = typeof entry === 'string' ? undefined : lineOf.get(folded(entry.name));
    if (typeof entry === 'string') faults.push(`${file}, line ${line}: ${entry}`);
    else if (earlier !== undefined)
      faults.push(`${file}, line ${line}: the name "${entry.name}" is taken by line ${earlier}; ${OWN_NAME}`);
    else {
      lineOf.set(folded(entry.name), line);
      entries.push({ ...entry, line });
    }
  }
  if (faults.length > 0) throw new WorkspacesConfError(faults.join('\n'));
  return entries;
}

/** @param content a line without blanks around it @returns what it says, or why it cannot be used */
export function parseWorkspace(content: string): WorkspaceEntry | string {
  const equals = content.indexOf('=');
  if (equals < 0) return 'write it as name=/absolute/path[:ro|:rw|:none].';
  const name = content.slice(0, equals).trim();
  const nameFault = workspaceNameFault(name);
  if (nameFault !== null) return nameFault;
  const value = content.slice(equals + 1).trimStart();
  const mode = MODE.exec(value)?.[1] as WorkspaceMode | undefined;
  const path = expandHome(mode === undefined ? value : value.slice(0, -mode.length - 1));
  const pathFault = workspacePathFault(path);
  return pathFault === null
    ? { name, path: cleaned(path), mode: mode ?? 'rw' }
    : `workspace "${name}": ${pathFault}`;
}

/** @returns why the name cannot be used, or null */
export function workspaceNameFault(name: string): string | null {
  if (!NAME.test(name)) {
    return `"${name}" cannot be a name: write up to 64 letters, digits, dots, dashes and underscores, a letter or digit first.`;
  }
  if (RESERVED.has(folded(name))) return `the name "${name}" is reserved; take another one.`;
  return null;
}

/**
 * The text with one more workspace; comments and other lines stay as they are.
 * @param file how the messages name the file
 * @throws WorkspacesConfError where the file has a fault, with its line, or where the workspace does not fit into it, with
 *   its name: it has no line yet
 */
export function addWorkspace(text: string, entry: WorkspaceEntry, file = 'workspaces.conf'): string {
  const { name, path, mode } = entry;
  const taken = parseWorkspacesConf(text, file).find((other) => folded(other.name) === folded(name));
  const line = `${name}=${path}:${mode}`;
  const read = /[\r\n]/.test(path)
    ? `workspace "${name}": a path with a line break cannot be used.`
    : parseWorkspace(line);
  const fault =
    taken === undefined
      ? typeof read === 'string' && read
      : `the name "${name}" is taken by line ${taken.line} of ${file}; ${OWN_NAME}`;
  if (fault) throw new WorkspacesConfError(fault);
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${before}${line}\n`;
}

/**
 * The text without the workspace of exactly this name.
 * @returns null where there is none
 * @throws WorkspacesConfError where the file has a fault
 */
export function removeWorkspace(text: string, name: string): string | null {
  const entry = parseWorkspacesConf(text).find((candidate) => candidate.name === name);
  if (entry === undefined) return null;
  return text
    .split('\n')
    .filter((_, index) => index !== entry.line - 1)
    .join('\n');
}

function workspacePathFault(path: string): string | null {
  if (/^["']/.test(path)) return 'write the path without quotes; blanks need none.';
  if (!isAbsolute(path)) return `the path "${path}" must be absolute, such as /home/me/notes or ~/notes.`;
  if (path.includes('\0')) return 'the path holds a NUL byte.';
  return null;
}

function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

function cleaned(path: string): string {
  const normal = normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/** Two names that a file system without regard to case would take for one. */
function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
