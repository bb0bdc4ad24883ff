/**
 * Text of a file that its owner edits, with whatever editor: UTF-8 with or without a byte order mark, or UTF-16 with one,
 * as older programs of Windows write it. The mark is no part of the text. Lines keep the ends that they have.
 */

/** The bytes are no text that can be read; the message says what to do, as the end of a sentence that begins with the file. */
export class OwnerTextError extends Error {
  override name = 'OwnerTextError';
}

const SAVE = 'save it as UTF-8, which each editor offers under "Save as" or "Encoding"';

/** @throws OwnerTextError */
export function ownerText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return decoded(bytes, 'utf-16le');
  if (first === 0xfe && second === 0xff) return decoded(bytes, 'utf-16be');
  if (bytes.includes(0)) {
    throw new OwnerTextError(`holds zero bytes, as UTF-16 without a byte order mark does; ${SAVE}`);
  }
  return decoded(bytes, 'utf-8');
}

/** @returns `text` as bytes, in the encoding and with the byte order mark that `like` has */
export function ownerBytes(text: string, like: Uint8Array): Uint8Array {
  const [first, second, third] = like;
  if (first === 0xff && second === 0xfe) return Buffer.from(`\ufeff${text}`, 'utf16le');
  if (first === 0xfe && second === 0xff) return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
  const marked = first === 0xef && second === 0xbb && third === 0xbf;
  return Buffer.from(marked ? `\ufeff${text}` : text);
}

function decoded(bytes: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes); // which takes the mark away
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new OwnerTextError(`is not valid ${encoding.toUpperCase()} text; ${SAVE}`, { cause: error });
  }
}
