/** What a file is to Moby, by its media type, where the platform does not say more. */
import type { InboundFile } from './channel.ts';

export function kindOf(mime: string): InboundFile['kind'] {
  if (mime.startsWith('image/')) return 'image';
  if (mime.startsWith('audio/')) return 'audio';
  return mime.startsWith('video/') ? 'other' : 'document';
}

/** Something that a person sent and that is neither words nor a file. @param what such as "a story" */
export function unreadable(what: string): InboundFile {
  return { kind: 'other', name: what, mime: '', bytes: null, ref: '' };
}
