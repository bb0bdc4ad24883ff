/**
 * Finds byte sequences in a stream, also where one is spread over chunks. Nothing is held back but the end of a chunk that
 * may be the beginning of a sequence, so that what streams goes on streaming.
 */

export interface Match {
  /** Index of the sequence that was found. */
  which: number;
}

export class ByteMatcher {
  readonly #needles: readonly Buffer[];
  readonly #replacements: readonly Buffer[] | null;
  #held: Buffer = Buffer.alloc(0);

  /**
   * @param needles what is looked for; none is empty
   * @param replacements what is put in its place, of the same length; none: it is only found
   */
  constructor(needles: readonly Buffer[], replacements: readonly Buffer[] | null = null) {
    this.#needles = needles;
    this.#replacements = replacements;
  }

  /** @returns what can go on, and the sequences that were found in it */
  push(chunk: Buffer): { ready: Buffer; found: number[] } {
    // Copied where it is changed: the chunk may belong to somebody else.
    const bytes = Buffer.concat([this.#held, chunk]);
    const found: number[] = [];
    for (const [index, needle] of this.#needles.entries()) {
      for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length)) {
        found.push(index);
        this.#replacements?.[index]?.copy(bytes, at);
      }
    }
    const keep = bytes.length - this.#heldFrom(bytes);
    this.#held = bytes.subarray(bytes.length - keep);
    return { ready: bytes.subarray(0, bytes.length - keep), found };
  }

  /** @returns what was held back, at the end of the stream */
  end(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }

  /** From where on the bytes may be the beginning of a sequence. */
  #heldFrom(bytes: Buffer): number {
    let from = bytes.length;
    for (const needle of this.#needles) {
      const [first = 0] = needle;
      const earliest = Math.max(0, bytes.length - needle.length + 1);
      for (let at = bytes.indexOf(first, earliest); at >= 0 && at < from; at = bytes.indexOf(first, at + 1)) {
        if (bytes.subarray(at).equals(needle.subarray(0, bytes.length - at))) from = at;
      }
    }
    return from;
  }
}
