/** One-time codes by which the command line lets a browser in. In memory and as hashes; a restart makes them worthless. */
import { createHash, randomBytes } from 'node:crypto';
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Clock } from '@mobyclaw/lib/clock';
import { PAGE_CODE_MS } from '@mobyclaw/protocol/page-login';

const MOST_CODES = 20; // at a time; the oldest gives way

export class PageCodes {
  readonly #clock: Clock;
  /** Hash → when it ends. */
  readonly #codes = new BoundedMap<string, number>(MOST_CODES);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  make(): { code: string; expiresAt: number } {
    const code = randomBytes(24).toString('base64url');
    const expiresAt = this.#clock.now() + PAGE_CODE_MS;
    this.#codes.set(hashOf(code), expiresAt);
    return { code, expiresAt };
  }

  /** @returns whether it lets in; it does so once */
  take(code: string): boolean {
    const hash = hashOf(code);
    const expiresAt = this.#codes.get(hash);
    this.#codes.delete(hash);
    return expiresAt !== undefined && this.#clock.now() < expiresAt;
  }
}

function hashOf(code: string): string {
  return createHash('sha256').update(code).digest('base64url');
}
