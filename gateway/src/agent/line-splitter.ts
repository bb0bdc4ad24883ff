/**
 * Cuts a byte stream into lines, wherever its chunks were cut, UTF-8 sequences included: bytes are decoded by whoever
 * gets the whole line. Parts of an unfinished line are kept as they came and joined once, so a line of many megabytes
 * costs its length and no byte is searched twice.
 */
const LF = 10;
const CR = 13;

export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError';
  constructor(limitBytes: number) {
    super(`a line of the stream is longer than ${limitBytes} bytes`);
  }
}

export class LineSplitter {
  readonly #onLine: (line: Buffer) => void;
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #partBytes = 0;

  /** @param onLine gets each line without its ending; the buffer is only valid during the call */
  constructor(onLine: (line: Buffer) => void, maxBytes: number) {
    this.#onLine = onLine;
    this.#maxBytes = maxBytes;
  }

  /** @throws LineTooLongError; the splitter must not be used after it */
  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#check(end - start);
      this.#emit(this.#join(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start === chunk.length) return;
    this.#check(chunk.length - start);
    this.#parts.push(start === 0 ? chunk : chunk.subarray(start));
    this.#partBytes += chunk.length - start;
  }

  /** The last line, where the stream ended without a line ending. */
  end(): void {
    if (this.#partBytes > 0) this.#emit(this.#join(Buffer.alloc(0)));
  }

  #check(moreBytes: number): void {
    if (this.#partBytes + moreBytes <= this.#maxBytes) return;
    this.#parts = [];
    this.#partBytes = 0;
    throw new LineTooLongError(this.#maxBytes);
  }

  #join(last: Buffer): Buffer {
    if (this.#partBytes === 0) return last;
    const line = Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#partBytes = 0;
    return line;
  }

  #emit(line: Buffer): void {
    const length = line[line.length - 1] === CR ? line.length - 1 : line.length;
    if (length > 0) this.#onLine(length === line.length ? line : line.subarray(0, length));
  }
}
