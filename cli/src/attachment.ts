/** Files that the owner sends along with a prompt. */
import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { type Attachment, MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS } from '@mobyclaw/protocol/prompt';
import { UsageError } from './cli-error.ts';

/** By ending, the ones that models read; what is not here is sent as text where it is text, else as bytes. */
const MEDIA_TYPES: Record<string, string> = {
  '.csv': 'text/csv',
  '.gif': 'image/gif',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.m4a': 'audio/mp4',
  '.md': 'text/markdown',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.wav': 'audio/wav',
  '.webp': 'image/webp',
};

/** @throws UsageError naming the file that cannot be sent, and why */
export async function readAttachments(paths: readonly string[]): Promise<Attachment[]> {
  if (paths.length > MAX_ATTACHMENTS) {
    throw new UsageError(`${paths.length} files are too many; a prompt takes at most ${MAX_ATTACHMENTS}.`);
  }
  return Promise.all(paths.map(readAttachment));
}

async function readAttachment(path: string): Promise<Attachment> {
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > MAX_ATTACHMENT_BYTES) {
      throw new UsageError(`${path} has ${size} bytes; an attachment may have ${MAX_ATTACHMENT_BYTES}.`);
    }
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  const mime =
    MEDIA_TYPES[extname(path).toLowerCase()] ?? (isText(bytes) ? 'text/plain' : 'application/octet-stream');
  return { name: basename(path), mime, data: bytes.toString('base64') };
}

function isText(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
  return !bytes.includes(0);
}
