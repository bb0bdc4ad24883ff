/**
 * One part's log file: what the part printed, as it printed it, in a bounded number of files.
 * Writes `<path>`, `<path>.1` … Writing is synchronous, so that nothing is lost in a buffer when this process dies, and
 * a chunk is never cut by a rotation. When the disk refuses, the chunk is dropped, `failure` says why, and the next
 * chunk tries again: a full disk must not take the parts down with it.
 */
import { closeSync, fchmodSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

export interface RotatingLogOptions {
  /** A file that reaches this size is set aside, in bytes. */
  maxBytes?: number;
  /** Files kept, the current one included. */
  files?: number;
}

const MAX_BYTES = 10_000_000;
const FILES = 3;

export class RotatingLog {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #files: number;
  #descriptor: number | null = null;
  #size = 0;
  #failure: Error | null = null;

  constructor(path: string, { maxBytes = MAX_BYTES, files = FILES }: RotatingLogOptions = {}) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#files = files;
  }

  /** Why the last chunk could not be written, or null. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Appends; never throws. */
  write(text: Uint8Array | string): void {
    const chunk = typeof text === 'string' ? Buffer.from(text) : text;
    try {
      if (this.#descriptor !== null && this.#size > 0 && this.#size + chunk.length > this.#maxBytes)
        this.#rotate();
      this.#descriptor ??= this.#open();
      for (let offset = 0; offset < chunk.length; ) {
        const written = writeSync(this.#descriptor, chunk, offset);
        offset += written;
        this.#size += written;
      }
      this.#failure = null;
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  close(): void {
    if (this.#descriptor === null) return;
    closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #open(): number {
    const descriptor = openSync(this.#path, 'a', 0o600);
    const { size, mode } = fstatSync(descriptor);
    if ((mode & 0o077) !== 0) fchmodSync(descriptor, 0o600); // of an older version, or made by hand
    this.#size = size;
    return descriptor;
  }

  #rotate(): void {
    this.close();
    rmSync(this.#aside(this.#files - 1), { force: true });
    for (let index = this.#files - 2; index >= 0; index--) {
      try {
        renameSync(this.#aside(index), this.#aside(index + 1));
      } catch (error) {
        // A gap in the row is normal: the owner may delete old logs.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  #aside(index: number): string {
    return index === 0 ? this.#path : `${this.#path}.${index}`;
  }
}
