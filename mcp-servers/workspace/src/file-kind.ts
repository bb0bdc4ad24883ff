/** What a file holds, told from its first bytes: text, an image that a model can see, or something else by name. */

export const HEAD_BYTES = 8_192; // what git looks at, too, to tell text from binary

export type FileKind = { is: 'text' } | { is: 'image'; mimeType: string } | { is: 'binary'; what: string };

const SIGNATURES: readonly { bytes: string; at?: number; kind: FileKind }[] = [
  { bytes: '89504e470d0a1a0a', kind: { is: 'image', mimeType: 'image/png' } },
  { bytes: 'ffd8ff', kind: { is: 'image', mimeType: 'image/jpeg' } },
  { bytes: '474946383761', kind: { is: 'image', mimeType: 'image/gif' } },
  { bytes: '474946383961', kind: { is: 'image', mimeType: 'image/gif' } },
  { bytes: '57454250', at: 8, kind: { is: 'image', mimeType: 'image/webp' } },
  { bytes: '255044462d', kind: { is: 'binary', what: 'PDF document' } },
  { bytes: '504b0304', kind: { is: 'binary', what: 'ZIP archive or office document' } },
  { bytes: '1f8b', kind: { is: 'binary', what: 'gzip archive' } },
  { bytes: '7f454c46', kind: { is: 'binary', what: 'program (ELF)' } },
  { bytes: '53514c69746520666f726d6174203300', kind: { is: 'binary', what: 'SQLite database' } },
  { bytes: 'fffe', kind: { is: 'binary', what: 'text in UTF-16; convert it with iconv in the shell' } },
  { bytes: 'feff', kind: { is: 'binary', what: 'text in UTF-16; convert it with iconv in the shell' } },
];

/** @param head the first `HEAD_BYTES` of the file, or all of a shorter one */
export function fileKind(head: Uint8Array): FileKind {
  const hex = Buffer.from(head.subarray(0, 32)).toString('hex');
  const found = SIGNATURES.find(({ bytes, at = 0 }) => hex.startsWith(bytes, at * 2));
  if (found) return found.kind;
  return head.includes(0) ? { is: 'binary', what: 'unknown kind' } : { is: 'text' };
}
