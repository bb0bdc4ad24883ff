/** What a file holds, told from its first bytes: text, an image that a model can see, or something else by name. */
import { imageTypeOf } from '@mobyclaw/lib/media-type';

export const HEAD_BYTES = 8_192; // what git looks at, too, to tell text from binary

export type FileKind = { is: 'text' } | { is: 'image'; mimeType: string } | { is: 'binary'; what: string };

const SIGNATURES: readonly { bytes: string; what: string }[] = [
  { bytes: '255044462d', what: 'PDF document' },
  { bytes: '504b0304', what: 'ZIP archive or office document' },
  { bytes: '1f8b', what: 'gzip archive' },
  { bytes: '7f454c46', what: 'program (ELF)' },
  { bytes: '53514c69746520666f726d6174203300', what: 'SQLite database' },
  { bytes: 'fffe', what: 'text in UTF-16; convert it with iconv in the shell' },
  { bytes: 'feff', what: 'text in UTF-16; convert it with iconv in the shell' },
];

/** @param head the first `HEAD_BYTES` of the file, or all of a shorter one */
export function fileKind(head: Uint8Array): FileKind {
  const mimeType = imageTypeOf(head);
  if (mimeType !== null) return { is: 'image', mimeType };
  const hex = Buffer.from(head.subarray(0, 32)).toString('hex');
  const found = SIGNATURES.find(({ bytes }) => hex.startsWith(bytes));
  if (found) return { is: 'binary', what: found.what };
  return head.includes(0) ? { is: 'binary', what: 'unknown kind' } : { is: 'text' };
}
