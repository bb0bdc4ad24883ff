/**
 * Names in the archive. A tar's name is UTF-8; a name on disk is any bytes. One that is not UTF-8 gets a readable stand-in,
 * in which each stray byte is written as `\xE9`, and the bytes themselves go into a record of the pax header
 * (`MOBYCLAW.path`, hexadecimal), by which a restore gives the true name back. Any other tar shows the stand-in.
 */

export const PATH_RECORD = 'MOBYCLAW.path';
export const TARGET_RECORD = 'MOBYCLAW.linkpath';

export function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString()).equals(bytes);
}

/** @returns the text, each byte that is no part of UTF-8 as `\xNN` */
export function standIn(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = lengthOfCharacter(bytes, at);
    text +=
      length === 0
        ? `\\x${(bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0')}`
        : bytes.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return text;
}

/** @returns bytes of the character that begins here, 0 where none does */
function lengthOfCharacter(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}
