import { randomInt } from 'node:crypto';

export const CODE_LENGTH = 8;
const LETTERS = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'; // none that look alike: no I, L, O, 0, 1

/** Eight characters of thirty-one: 40 bits, for an hour. */
export function newPairingCode(): string {
  return Array.from({ length: CODE_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

/** As a person may have typed it. */
export function readPairingCode(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, '');
}
