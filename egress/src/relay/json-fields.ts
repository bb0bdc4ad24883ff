/**
 * Reads a few fields of a large JSON text as it passes by, without keeping the text: those of the object itself, or of each
 * object of a list. What is between them is skipped by the byte, so that a prompt of megabytes costs little.
 *
 * The text is not judged: where it is no JSON, fields are just not found.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MOST_BYTES = 64 * 1024; // of one field; what is longer is none that is looked for

export class JsonFields {
  /** The text of each field that was found, as JSON; of several with the same name the last. */
  readonly found = new Map<string, string>();
  readonly #wanted: ReadonlySet<string>;
  /** Of the objects whose fields are read: 1, or 2 within a list. */
  #level = 1;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #begun = false;
  /** The last string at the level, while it may be the name of a field. */
  #name: number[] | null = null;
  #field: string | null = null;
  #value: Buffer[] = [];
  #bytes = 0;

  constructor(wanted: Iterable<string>) {
    this.#wanted = new Set(wanted);
  }

  write(chunk: Buffer): void {
    let from = 0; // where the value that is being kept begins in this chunk
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] as number;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) {
          this.#inString = false;
          continue;
        }
        if (this.#name !== null) this.#name.push(byte);
        else index = this.#skip(chunk, index);
        continue;
      }
      switch (byte) {
        case QUOTE:
          this.#inString = true;
          this.#name = this.#depth === this.#level && this.#field === null ? [] : null;
          break;
        case 0x7b: // {
        case 0x5b: // [
          if (!this.#begun && byte === 0x5b) this.#level = 2;
          this.#begun = true;
          this.#depth++;
          break;
        case 0x3a: // :
          if (this.#depth === this.#level && this.#field === null && this.#name !== null) {
            const name = Buffer.from(this.#name).toString('utf8');
            this.#field = name;
            this.#name = null;
            this.#value = [];
            this.#bytes = 0;
            from = index + 1;
          }
          break;
        case 0x7d: // }
        case 0x5d: // ]
          if (this.#depth === this.#level) this.#end(chunk, from, index);
          this.#depth--;
          break;
        case 0x2c: // ,
          if (this.#depth === this.#level) this.#end(chunk, from, index);
          break;
        default:
      }
    }
    if (this.#field !== null) this.#keep(chunk.subarray(from));
  }

  /** Within a string that nobody wants to the sign before its next quote or backslash. */
  #skip(chunk: Buffer, index: number): number {
    if (this.#escaped) return index;
    const quote = chunk.indexOf(QUOTE, index);
    const end = quote < 0 ? chunk.length : quote;
    const backslash = chunk.subarray(index, end).indexOf(BACKSLASH);
    const at = backslash < 0 ? end : index + backslash;
    return Math.max(index, at - 1);
  }

  #keep(piece: Buffer): void {
    if (this.#field === null || !this.#wanted.has(this.#field)) return;
    this.#bytes += piece.length;
    if (this.#bytes <= MOST_BYTES) this.#value.push(Buffer.from(piece));
  }

  #end(chunk: Buffer, from: number, to: number): void {
    if (this.#field === null) return;
    this.#keep(chunk.subarray(from, to));
    if (this.#wanted.has(this.#field) && this.#bytes <= MOST_BYTES) {
      this.found.set(this.#field, Buffer.concat(this.#value).toString('utf8').trim());
    }
    this.#field = null;
    this.#name = null;
  }
}
