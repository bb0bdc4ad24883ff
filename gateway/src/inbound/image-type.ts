/** What kind of picture some bytes are, of those that models take. What a sender says of it is not always so. */
const SIGNATURES: readonly [mime: string, matches: (data: Buffer) => boolean][] = [
  ['image/png', (data) => data.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))],
  ['image/jpeg', (data) => data.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))],
  ['image/gif', (data) => /^GIF8[79]a$/.test(data.toString('latin1', 0, 6))],
  ['image/webp', (data) => /^RIFF.{4}WEBP$/s.test(data.toString('latin1', 0, 12))],
];

/** @returns null for anything else */
export function imageTypeOf(data: Uint8Array): string | null {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return SIGNATURES.find(([, matches]) => matches(bytes))?.[0] ?? null;
}
