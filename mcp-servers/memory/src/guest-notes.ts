/**
 * What somebody who is not the owner wants remembered: one file for each of their conversations, under `memory/guests`,
 * named after what the chat was called at first. It is found in that conversation and by the owner, and stands in no prompt.
 * All that Moby reads by himself, such as MEMORY.md and HEARTBEAT.md, and the owner's logs, are the owner's to have written:
 * whoever can write there decides what Moby does.
 */
import { createHash } from 'node:crypto';
import { type McpCaller, ToolError } from '@mobyclaw/mcp/tool';
import { isGuestNotes, type MemoryFileName } from './memory-file.ts';

/** Two conversations never share a file, whatever their names are. */
export function guestNotesOf(session: string): MemoryFileName {
  const plain = /^[a-z0-9:]{1,60}$/.test(session);
  const readable = session.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60);
  const hash = createHash('sha256').update(session).digest('hex').slice(0, 12);
  return `memory/guests/${plain ? readable : `${readable}-${hash}`}.md` as MemoryFileName;
}

/** How the file begins, so that whoever reads it knows whose words these are. */
export function guestNotesHead({ session, sender }: McpCaller): string {
  const name = (sender ?? '')
    .replace(/[^\p{L}\p{N} .-]+/gu, ' ')
    .slice(0, 64)
    .trim();
  return `# Notes of a guest, in ${session}\n\nWords of ${name || 'a guest'}, not of the owner.\n`;
}

/** @returns the guests' notes that may be read: one file, none, or all of them */
export function readableNotes({
  asker,
  session,
  firstName = session,
}: McpCaller): MemoryFileName | 'none' | 'all' {
  if (asker === 'owner') return 'all';
  return asker === 'guest' && firstName !== undefined ? guestNotesOf(firstName) : 'none';
}

export function mayRead(name: MemoryFileName, caller: McpCaller): boolean {
  const notes = readableNotes(caller);
  return !isGuestNotes(name) || notes === 'all' || notes === name;
}

/**
 * @returns the one file that may be written, or null where all may be
 * @throws ToolError where none may
 */
export function writableFile(caller: McpCaller): MemoryFileName | null {
  const notes = readableNotes(caller);
  if (notes === 'none') {
    throw new ToolError(
      'The owner did not ask for this, so nothing is written down. Put what he should know into your answer.',
    );
  }
  return notes === 'all' ? null : notes;
}
