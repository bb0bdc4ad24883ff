/** Files that the owner sends along with a prompt. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ANY_BYTES, mediaTypeOf } from '@mobyclaw/lib/media-type';
import { type Attachment, MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS } from '@mobyclaw/protocol/prompt';
import { UsageError } from './cli-error.ts';

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
  const named = mediaTypeOf(path);
  // A model reads a drawing in XML as the text that it is.
  const unknown = named === ANY_BYTES || named === 'image/svg+xml';
  const mime = unknown && isText(bytes) ? 'text/plain' : named;
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
