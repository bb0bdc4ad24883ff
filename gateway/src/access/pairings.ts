/**
 * Strangers who ask to be let in, each with a code for an hour. At most three of a platform wait at a time, so that codes
 * cannot be guessed at by asking for many; whoever was turned away is not heard for a week and takes no place.
 */

import type { Clock } from '@mobyclaw/lib/clock';
import type { Platform } from '@mobyclaw/protocol/platform';
import type { IncomingMessage } from '../channels/channel.ts';
import type { AccessStore, PairingRow } from '../store/access-store.ts';
import { baseChat } from './base-chat.ts';
import { newPairingCode, readPairingCode } from './pairing-code.ts';

const CODE_MS = 3_600_000;
const REJECTED_MS = 7 * 86_400_000;
const MOST_PENDING = 3; // of one platform

export type Asking =
  | { kind: 'new'; pairing: PairingRow }
  /** Told within the hour, or turned away. */
  | { kind: 'known' }
  /** All places are taken. */
  | { kind: 'full' };

export class Pairings {
  readonly #access: AccessStore;
  readonly #clock: Clock;

  constructor(access: AccessStore, clock: Clock) {
    this.#access = access;
    this.#clock = clock;
  }

  /** A stranger wrote. Within the caller's transaction. */
  ask(platform: Platform, { sender, channel }: Pick<IncomingMessage, 'sender' | 'channel'>): Asking {
    const now = this.#clock.now();
    const known = this.#access.pairings(now).filter((pairing) => pairing.platform === platform);
    if (known.some(({ user }) => user === sender.id)) return { kind: 'known' };
    if (known.filter(({ rejected }) => !rejected).length >= MOST_PENDING) return { kind: 'full' };
    const pairing: PairingRow = {
      code: newPairingCode(),
      platform,
      user: sender.id,
      name: sender.name,
      channel: baseChat(channel),
      rejected: false,
      createdAt: now,
      expiresAt: now + CODE_MS,
    };
    this.#access.insertPairing(pairing);
    return { kind: 'new', pairing };
  }

  /** Those who wait. */
  pending(): PairingRow[] {
    return this.#access.pairings(this.#clock.now()).filter(({ rejected }) => !rejected);
  }

  /** By its code, as a person may have typed it; those turned away among them, as an owner may think better of it. */
  find(code: string): PairingRow | null {
    const wanted = readPairingCode(code);
    return this.#access.pairings(this.#clock.now()).find((pairing) => pairing.code === wanted) ?? null;
  }

  /** @returns whom, or null where no such code waits */
  reject(code: string): PairingRow | null {
    const pairing = this.find(code);
    if (!pairing || pairing.rejected) return null;
    this.#access.rejectPairing(pairing.code, this.#clock.now() + REJECTED_MS);
    return pairing;
  }

  /** The person has been let in. */
  settle({ code }: PairingRow): void {
    this.#access.deletePairing(code);
  }
}
