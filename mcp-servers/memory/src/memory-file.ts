/**
 * Names of the files that the tools may touch: MEMORY.md, HEARTBEAT.md, Markdown files right in `memory/`, and the notes of
 * guests (guest-notes.ts). Everything else, by whatever spelling, is refused here, so that no other file needs to think of paths. Symbolic links are refused
 * too: they would lead out, and writing through a rename would replace them.
 */

import { lstatSync, type Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cutText } from '@mobyclaw/lib/cut-text';
import { OwnerTextError, ownerText } from '@mobyclaw/lib/owner-text';
import { ToolError } from '@mobyclaw/mcp/tool';

export const MEMORY = 'MEMORY.md';
export const HEARTBEAT = 'HEARTBEAT.md';
export const DATE_FORM = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const NOTE_FORM = /^memory\/[\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,120}\.md$/u;
const GUEST_FORM = /^memory\/guests\/[A-Za-z0-9-]{1,80}\.md$/;
const DAILY_FORM = /^memory\/(\d{4}-\d{2}-\d{2})\.md$/;

export const MAX_FILE_BYTES = 1024 * 1024; // a text that large is no memory any more; the tools refuse to grow one past it
export const MAX_GUEST_BYTES = 64 * 1024; // of one guest: more than anybody says to be remembered, and no room to fill a disk

/** Name relative to the data folder, checked. */
export type MemoryFileName = string & { readonly memoryFile: unique symbol };

export function isMemoryFileName(name: string): name is MemoryFileName {
  const isNote = NOTE_FORM.test(name) && !name.includes('..');
  return name === MEMORY || name === HEARTBEAT || isNote || GUEST_FORM.test(name);
}

export function isGuestNotes(name: string): boolean {
  return GUEST_FORM.test(name);
}

/**
 * Reads what the model wrote as a file: its name, with or without `memory/` and `.md`, or a date.
 * @throws ToolError where it is none of the memory files
 */
export function parseFileName(text: string): MemoryFileName {
  const name = text.trim().replace(/^\.\//, '');
  const forms = [name, `memory/${name}`, ...(name.includes('.') ? [] : [`memory/${name}.md`])];
  const found = forms.find(isMemoryFileName);
  if (found === undefined) {
    throw new ToolError(
      `"${cutText(text, 200)}" is not a memory file. Use ${MEMORY}, ${HEARTBEAT}, a date such as 2026-01-31, or a name that memory_list shows.`,
    );
  }
  return found;
}

export function dailyFileName(date: string): MemoryFileName {
  if (!DATE_FORM.test(date)) throw new ToolError(`"${cutText(date, 40)}" is not a date; write YYYY-MM-DD.`);
  return `memory/${date}.md` as MemoryFileName;
}

/** @returns the day of a daily log as YYYY-MM-DD, or null for any other file */
export function dayOf(name: MemoryFileName): string | null {
  return DAILY_FORM.exec(name)?.[1] ?? null;
}

/**
 * @returns null where there is no such file
 * @throws ToolError for a link or anything else that is no regular file
 */
export function statMemoryFile(home: string, name: MemoryFileName): Stats | null {
  const stat = lstatSync(join(home, name), { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (!stat.isFile()) {
    throw new ToolError(
      `${name} is not a plain file (a link or a folder), so it is left alone. Ask the owner to put the file itself there.`,
    );
  }
  return stat;
}

/** @throws ToolError where the bytes are no text: the file is then neither read nor overwritten */
export function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return ownerText(bytes);
  } catch (error) {
    if (!(error instanceof OwnerTextError)) throw error;
    throw new ToolError(
      `${name} ${error.message}. It is left alone: ask the owner to do that, or to restore a version from memory/.versions.`,
      { cause: error },
    );
  }
}

/**
 * @returns the text, or null where there is no such file
 * @throws ToolError for a link, a file that is too large, or one that is not UTF-8
 */
export async function readMemoryFile(home: string, name: MemoryFileName): Promise<string | null> {
  const stat = statMemoryFile(home, name);
  if (stat === null) return null;
  if (stat.size > MAX_FILE_BYTES) {
    throw new ToolError(`${name} is larger than ${MAX_FILE_BYTES} bytes. Ask the owner to split it.`);
  }
  try {
    return decodeText(await readFile(join(home, name)), name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null; // renamed away between stat and read
    throw error;
  }
}
