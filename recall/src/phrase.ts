/**
 * Whether a text mentions a phrase, whatever its case, accents, width of letters, spaces and line breaks are, and also where it
 * stands in there as JSON or an address escapes it.
 *
 * A phrase that was to be forgotten must not be kept, and still be found in what an old backup brings back. So of it there is
 * a mark: a salt, a length, a rolling checksum that says where to look closer, and a hash that says whether it is it. Whoever
 * has the mark can try a guess; he cannot read the phrase from it.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { LEAST_PHRASE, type PhraseMark } from '@mobyclaw/protocol/forget';
import { fold } from './words.ts';

const UNSEEN = /[\u00ad\u200b-\u200f\u2060\ufeff]/g; // soft hyphens, joiners, marks of direction
const ESCAPED = /\\u[0-9a-f]{4}|\\[nrt"\\/]/i;
const IN_ADDRESS = /%[0-9a-f]{2}/i;

/** A text as it is compared. */
export function compared(text: string): string {
  return fold(text).replace(UNSEEN, '').replaceAll('ß', 'ss').replace(/\s+/g, ' ').trim();
}

export class Phrase {
  readonly mark: PhraseMark;
  /** As it is compared; known from the start, or once it was found. */
  #plain: string | null;

  private constructor(mark: PhraseMark, plain: string | null) {
    this.mark = mark;
    this.#plain = plain;
  }

  /** @returns null where it is too short to be looked for */
  static of(text: string, salt = randomBytes(16).toString('base64url')): Phrase | null {
    const plain = compared(text);
    if (plain.length < LEAST_PHRASE) return null;
    return new Phrase(
      { salt, length: plain.length, roll: rollOf(plain, baseOf(salt)), hash: hashOf(plain, salt) },
      plain,
    );
  }

  static marked(mark: PhraseMark): Phrase {
    return new Phrase(mark, null);
  }

  isIn(text: string): boolean {
    if (this.#stands(compared(text))) return true;
    return unescapings(text).some((other) => this.#stands(compared(other)));
  }

  #stands(text: string): boolean {
    if (this.#plain !== null) return text.includes(this.#plain);
    this.#plain = this.#find(text);
    return this.#plain !== null;
  }

  #find(text: string): string | null {
    const { salt, length, roll, hash } = this.mark;
    if (text.length < length) return null;
    const base = baseOf(salt);
    let top = 1; // what the sign that leaves has counted
    for (let at = 1; at < length; at++) top = Math.imul(top, base);
    let sum = rollOf(text.slice(0, length), base);
    for (let end = length; ; end++) {
      if (sum === roll) {
        const here = text.slice(end - length, end);
        if (hashOf(here, salt) === hash) return here;
      }
      if (end === text.length) return null;
      const left = Math.imul(text.charCodeAt(end - length), top);
      sum = (Math.imul(sum - left, base) + text.charCodeAt(end)) | 0;
    }
  }
}

/** The text without the escapes of JSON, of addresses, and of both. */
function unescapings(text: string): string[] {
  const plain = ESCAPED.test(text) ? [withoutEscapes(text)] : [];
  const address = [text, ...plain].filter((one) => IN_ADDRESS.test(one)).map(ofAddress);
  return [...plain, ...address];
}

function withoutEscapes(text: string): string {
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\[nrt]/g, ' ')
    .replace(/\\(["\\/])/g, '$1');
}

function ofAddress(text: string): string {
  return text.replaceAll('+', ' ').replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    return Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8');
  });
}

function baseOf(salt: string): number {
  return createHmac('sha256', salt).update('roll').digest().readInt32LE(0) | 1 | 0;
}

function rollOf(text: string, base: number): number {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum = (Math.imul(sum, base) + text.charCodeAt(at)) | 0;
  return sum;
}

function hashOf(text: string, salt: string): string {
  return createHmac('sha256', salt).update(text).digest('base64url');
}
