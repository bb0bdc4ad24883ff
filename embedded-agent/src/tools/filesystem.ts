/**
 * Files as the agent's own user sees them: like cagent's tools these know no fence of their own; the container or the
 * user's rights are the fence. Sizes are bounded, as everything read goes to the model.
 */

import { mkdir, open, readdir, readFile, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { cutText } from '@mobyclaw/lib/cut-text';
import * as z from 'zod';
import { type AgentTool, builtInTool } from './tool.ts';

const MAX_READ_BYTES = 256 * 1024;
const MAX_TREE_ENTRIES = 1000;
const MAX_MATCHES = 200;
const SKIPPED_FOLDERS = new Set(['.git', 'node_modules']);

const pathInput = z.string().min(1).describe('Absolute, or relative to the working directory');

export function filesystemTools(): AgentTool[] {
  const reading = { category: 'filesystem', readOnly: true } as const;
  const writing = { category: 'filesystem' } as const;
  return [
    builtInTool({
      ...reading,
      name: 'read_file',
      title: 'Read File',
      description: 'Read the complete contents of a text file',
      input: z.strictObject({ path: pathInput }),
      run: ({ path }, { workingDir }) => readText(resolve(workingDir, path)),
    }),
    builtInTool({
      ...reading,
      name: 'read_multiple_files',
      title: 'Read Multiple Files',
      description: 'Read several text files at once',
      input: z.strictObject({ paths: z.array(pathInput).min(1).max(50) }),
      run: async ({ paths }, { workingDir }) => {
        const parts = paths.map(async (path) => {
          const text = await readText(resolve(workingDir, path)).catch(
            (error: Error) => `Error: ${error.message}`,
          );
          return `=== ${path} ===\n${text}`;
        });
        return (await Promise.all(parts)).join('\n');
      },
    }),
    builtInTool({
      ...reading,
      name: 'list_directory',
      title: 'List Directory',
      description: 'List the files and folders of a directory',
      input: z.strictObject({ path: pathInput }),
      run: async ({ path }, { workingDir }) => {
        const entries = await readdir(resolve(workingDir, path), { withFileTypes: true });
        return entries.map((entry) => `${entry.isDirectory() ? 'DIR ' : 'FILE'} ${entry.name}`).join('\n');
      },
    }),
    builtInTool({
      ...reading,
      name: 'directory_tree',
      title: 'Directory Tree',
      description: 'List a directory and everything below it, without .git and node_modules',
      input: z.strictObject({ path: pathInput }),
      run: async ({ path }, { workingDir, signal }) => {
        const lines: string[] = [];
        for await (const entry of walk(resolve(workingDir, path), signal)) {
          if (lines.length === MAX_TREE_ENTRIES) return [...lines, '… more entries left out'].join('\n');
          lines.push(entry.path + (entry.folder ? '/' : ''));
        }
        return lines.join('\n');
      },
    }),
    builtInTool({
      ...reading,
      name: 'search_files_content',
      title: 'Search Files Content',
      description: 'Search the text of all files below a directory',
      input: z.strictObject({
        path: pathInput,
        query: z.string().min(1),
        is_regex: z.boolean().optional(),
      }),
      run: async ({ path, query, is_regex }, { workingDir, signal }) => {
        const root = resolve(workingDir, path);
        const matches = lineMatcher(query, is_regex ?? false);
        const found: string[] = [];
        for await (const entry of walk(root, signal)) {
          if (entry.folder) continue;
          const text = await readText(join(root, entry.path)).catch(() => ''); // unreadable, too large or binary
          for (const [index, line] of text.split('\n').entries()) {
            if (matches(line)) found.push(`${entry.path}:${index + 1}: ${cutText(line.trim(), 300)}`);
            if (found.length === MAX_MATCHES) return [...found, '… more matches left out'].join('\n');
          }
        }
        return found.length === 0 ? 'No matches' : found.join('\n');
      },
    }),
    builtInTool({
      ...writing,
      name: 'write_file',
      title: 'Write File',
      description: 'Create a file, or replace the whole of it',
      input: z.strictObject({ path: pathInput, content: z.string() }),
      run: async ({ path, content }, { workingDir }) => {
        const target = resolve(workingDir, path);
        await mkdir(dirname(target), { recursive: true });
        await replaceFile(target, content);
        return `File written successfully: ${path} (${Buffer.byteLength(content)} bytes)`;
      },
    }),
    builtInTool({
      ...writing,
      name: 'edit_file',
      title: 'Edit File',
      description: 'Replace exact pieces of text in a file; each old text must occur exactly once',
      input: z.strictObject({
        path: pathInput,
        edits: z.array(z.strictObject({ oldText: z.string().min(1), newText: z.string() })).min(1),
      }),
      run: async ({ path, edits }, { workingDir }) => {
        const target = resolve(workingDir, path);
        let text = await readText(target);
        for (const [index, { oldText, newText }] of edits.entries()) {
          const at = text.indexOf(oldText);
          if (at < 0)
            throw new Error(`edit ${index + 1}: the old text is not in ${path}; nothing was changed`);
          if (text.includes(oldText, at + 1)) {
            throw new Error(
              `edit ${index + 1}: the old text occurs more than once in ${path}; give more of it`,
            );
          }
          text = text.slice(0, at) + newText + text.slice(at + oldText.length);
        }
        await replaceFile(target, text);
        return `File edited successfully: ${path} (${edits.length} changes)`;
      },
    }),
    builtInTool({
      ...writing,
      name: 'create_directory',
      title: 'Create Directory',
      description: 'Create directories, with those above them',
      input: z.strictObject({ paths: z.array(pathInput).min(1) }),
      run: async ({ paths }, { workingDir }) => {
        for (const path of paths) await mkdir(resolve(workingDir, path), { recursive: true });
        return `Created: ${paths.join(', ')}`;
      },
    }),
    builtInTool({
      ...writing,
      name: 'remove_directory',
      title: 'Remove Directory',
      description: 'Remove empty directories',
      input: z.strictObject({ paths: z.array(pathInput).min(1) }),
      run: async ({ paths }, { workingDir }) => {
        for (const path of paths) await rmdir(resolve(workingDir, path));
        return `Removed: ${paths.join(', ')}`;
      },
    }),
  ];
}

async function readText(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    if (size > MAX_READ_BYTES) {
      throw new Error(
        `${path} has ${size} bytes, more than the ${MAX_READ_BYTES} that can be read; use shell tools`,
      );
    }
  } finally {
    await handle.close();
  }
  const text = await readFile(path, 'utf8');
  if (text.includes('\0')) throw new Error(`${path} is not a text file`);
  return text;
}

/** Keeps the mode of a file that is there; a new one gets the usual mode. */
async function replaceFile(path: string, text: string): Promise<void> {
  const mode = await stat(path).then(
    (info) => info.mode & 0o777,
    () => 0o644,
  );
  await writeFileAtomic(path, text, { mode });
}

async function* walk(root: string, signal: AbortSignal): AsyncGenerator<{ path: string; folder: boolean }> {
  const folders = [root];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    signal.throwIfAborted();
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.isDirectory() && SKIPPED_FOLDERS.has(entry.name)) continue;
      yield { path: relative(root, join(folder, entry.name)), folder: entry.isDirectory() };
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
    }
  }
}

function lineMatcher(query: string, isRegex: boolean): (line: string) => boolean {
  if (!isRegex) return (line) => line.includes(query);
  const pattern = new RegExp(query);
  return (line) => pattern.test(line);
}
