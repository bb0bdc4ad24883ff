/**
 * Brings what was committed onto the disk without holding up the event loop: SQLite's own sync takes milliseconds on many
 * a disk, and nothing else happens meanwhile. The write-ahead log is one file for as long as the database is open, and its
 * sync by any descriptor counts for all that was written to it before; that no lock of SQLite's is on this file makes a
 * second descriptor safe (https://www.sqlite.org/howtocorrupt.html §2.2 is about the database file itself).
 *
 * Callers that come while a sync runs share the next one, since the running one may have begun before their commit.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';

export class WalSync {
  readonly #path: string;
  #file: number | null = null;
  /** The sync that runs, or the last one. */
  #running: Promise<void> = Promise.resolve();
  /** The one after it, which has not begun. */
  #next: Promise<void> | null = null;

  /** @param path of the write-ahead log, which exists from the first transaction on */
  constructor(path: string) {
    this.#path = path;
  }

  /** @returns when all that was committed before the call is on disk; rejects with the error of the file system */
  synced(): Promise<void> {
    if (this.#next) return this.#next;
    const next = this.#running
      .catch(() => undefined) // whoever waited for that one was told
      .then(() => {
        this.#next = null;
        return this.#sync();
      });
    this.#next = next;
    this.#running = next;
    return next;
  }

  /** After the last call of `synced`. */
  close(): void {
    void this.#running
      .catch(() => undefined)
      .finally(() => {
        if (this.#file !== null) closeSync(this.#file);
        this.#file = null;
      });
  }

  #sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#file ??= openSync(this.#path, 'r+');
      fdatasync(this.#file, (error) => (error ? reject(error) : resolve()));
    });
  }
}
