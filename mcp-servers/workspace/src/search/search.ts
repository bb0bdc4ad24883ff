/**
 * `workspace_search`. ripgrep walks by names, so a folder that is swapped for a link under its feet could lead it out.
 * Therefore nothing of what it prints is believed: each file that it names is opened by our own walk, and a line is
 * shown only where the very same bytes stand at the very same place there. What it saw elsewhere is dropped.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import { HeldFolder } from '@mobyclaw/lib/held-folder';
import { ToolError } from '@mobyclaw/mcp/tool';
import { openRegularFile } from '../regular-file.ts';
import { shownPath } from '../shown.ts';
import { atPlace } from '../walk.ts';
import type { Address } from '../workspaces.ts';
import { type Candidate, type RipgrepResult, ripgrep } from './ripgrep.ts';

const MAX_LINE_CHARS = 300;
const BEFORE_MATCH_BYTES = 100; // of a long line, what is shown starts this far before the match
const MAX_ANSWER_CHARS = 40_000; // agents cut tool results at about 50 KB

export interface SearchOptions {
  pattern: string;
  regex: boolean;
  ignoreCase: boolean;
  glob: string | undefined;
  limit: number;
  timeoutMs: number;
  signal: AbortSignal;
}

/**
 * @param addresses where to search, in this order; together they give `limit` lines at most
 * @throws ToolError where ripgrep is missing or does not take the pattern, or a folder is not there
 */
export async function search(addresses: readonly Address[], options: SearchOptions): Promise<string> {
  const lines: string[] = [];
  const notes = new Set<string>();
  let chars = 0;
  for (const address of addresses) {
    const left = options.limit - lines.length;
    if (left <= 0) break;
    let target: string;
    try {
      target = await locate(address);
    } catch (error) {
      if (!(error instanceof ToolError) || addresses.length === 1) throw error;
      notes.add(`Not searched: ${error.message}`);
      continue;
    }
    const result = await candidatesIn(address, target, { ...options, limit: left });
    for (const line of await confirmed(address, result.candidates)) {
      chars += line.length + 1;
      if (chars > MAX_ANSWER_CHARS) break;
      lines.push(line);
    }
    if (result.tooLong > 0) notes.add('Matches in very long lines are not shown.');
    if (result.cut === 'time') notes.add('The search took too long and was ended; give a path or a glob.');
    if (result.cut === 'matches' || chars > MAX_ANSWER_CHARS) {
      notes.add('There is more; give a path, a glob or a longer query.');
      break;
    }
  }
  const found = lines.length === 0 ? 'Nothing found.' : lines.join('\n');
  return [found, ...notes].join('\n\n');
}

/** The path for ripgrep, below the workspace. Links on the way are resolved by us: it is given a path without any. */
function locate(address: Address): Promise<string> {
  return atPlace(address, { end: 'target' }, async ({ folder, name, trail }) => {
    if (name !== null) await assertThere(folder, name);
    return ['.', ...trail].join('/');
  });
}

async function candidatesIn(
  address: Address,
  target: string,
  options: SearchOptions,
): Promise<RipgrepResult> {
  const root = await HeldFolder.root(address.workspace.path);
  try {
    return await ripgrep({ ...options, cwd: root.path, target, maxMatches: options.limit });
  } finally {
    await root.close();
  }
}

/** @throws ToolError where it is neither a file nor a folder, the file system's error where there is nothing */
async function assertThere(folder: HeldFolder, name: string): Promise<void> {
  try {
    const inner = await folder.openFolder(name);
    await inner.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    const file = await openRegularFile(folder, name);
    await file.close();
  }
}

/** The lines of those candidates that are true of files in the workspace. */
async function confirmed(address: Address, candidates: readonly Candidate[]): Promise<string[]> {
  const lines: string[] = [];
  for (const [path, inFile] of Map.groupBy(candidates, (candidate) => candidate.path)) {
    const components = path.split('/').filter((part) => part !== '.');
    const shown = shownPath([address.workspace.name, ...components].join('/'));
    try {
      await atPlace({ ...address, components, shown }, { end: 'entry' }, async ({ folder, name }) => {
        if (name === null) return;
        const file = await openRegularFile(folder, name);
        try {
          for (const { offset, bytes, line, column } of inFile) {
            const there = Buffer.alloc(bytes.length);
            await file.read(there, 0, there.length, offset);
            if (there.equals(bytes)) lines.push(`${shown}:${line}: ${lineText(bytes, column)}`);
          }
        } finally {
          await file.close();
        }
      });
    } catch (error) {
      if (!(error instanceof ToolError)) throw error; // not a file of this workspace, or not any longer: no hit
    }
  }
  return lines;
}

function lineText(bytes: Buffer, column: number): string {
  const from = bytes.length > MAX_LINE_CHARS && column > BEFORE_MATCH_BYTES ? column - BEFORE_MATCH_BYTES : 0;
  const text = bytes
    .toString('utf8', from)
    .replace(/[\r\n]+$/, '')
    .replace(/^\uFFFD+/, '');
  const cut = text.length > MAX_LINE_CHARS ? `${cutText(text, MAX_LINE_CHARS)}…` : text;
  return from > 0 ? `…${cut}` : cut;
}
