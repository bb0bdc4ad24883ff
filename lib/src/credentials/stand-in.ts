/**
 * What Moby is given in the place of a secret: text of the same length and the same kinds of signs, with the prefix by which
 * tools tell tokens apart (`ghp_`, `sk-`, …), so that whatever checks or cuts it works. It is made of a key that only the
 * owner's side has and of the secret's name, not of the secret, so it tells nothing about it but this shape.
 *
 * The same length is more than looks: the door can put one in the place of the other inside a stream.
 */
import { createHmac } from 'node:crypto';

/** How tokens of well-known services begin; what follows is random. Nothing else of a secret may be kept. */
const PREFIX =
  /^(?:gh[pousr]_|github_pat_|glpat-|gldt-|glrt-|sk-ant-(?:api|admin|oat)\d\d-|sk-proj-|sk-or-v1-|sk-|[srp]k_(?:live|test)_|xox[abeprs]-|xapp-|npm_|pypi-|hf_|dop_v1_|shp(?:at|ca|pa|ss)_|lin_api_|SG\.|AIza|ya29\.|figd_|ntn_|secret_|key-|pat-|gsk_|xai-|r8_|tvly-|eyJ)/;

const CLASSES: readonly [RegExp, string][] = [
  [/[0-9]/, '0123456789'],
  [/[a-z]/, 'abcdefghijklmnopqrstuvwxyz'],
  [/[A-Z]/, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
];
const HEX = '0123456789abcdef';
/** So that none is met by chance in what Moby sends: one in 10^12 at each place. */
const LEAST_BITS = 40;
const MOST_LENGTH = 4096;

/** @returns why this value cannot have one, a sentence; or null */
export function bindingFault(value: string): string | null {
  if (/[^\x21-\x7e]/.test(value)) {
    return 'a value with blanks, line breaks or signs that are not ASCII cannot be kept from Moby by its hosts; take the hosts away, and he is given it.';
  }
  if (value.length > MOST_LENGTH) {
    return `a value of more than ${MOST_LENGTH} characters cannot be kept from Moby by its hosts; take the hosts away, and he is given it.`;
  }
  const bits = alphabets(value).reduce((sum, alphabet) => sum + Math.log2(alphabet.length || 1), 0);
  if (bits < LEAST_BITS) {
    return 'the value is too short to be kept from Moby by its hosts: what stands for it would be met by chance; take a longer one, or take the hosts away, and he is given it.';
  }
  return null;
}

/**
 * @param key of this installation; the same key and name give the same text for the same shape
 * @param value one without a `bindingFault`
 */
export function standInFor(name: string, value: string, key: Uint8Array): string {
  const kinds = alphabets(value);
  for (let round = 0; ; round++) {
    const random = stream(key, `${name}\0${round}`);
    const made = [...value].map((sign, index) => {
      const alphabet = kinds[index] ?? '';
      return alphabet === '' ? sign : (alphabet[random() % alphabet.length] ?? sign);
    });
    const standIn = made.join('');
    if (standIn !== value) return standIn;
  }
}

/** For each sign of the value the signs that may stand for it; '' where it stays. */
function alphabets(value: string): string[] {
  const kept = PREFIX.exec(value)?.[0].length ?? 0;
  const rest = value.slice(kept);
  const isHex = /^[0-9a-f-]+$/.test(rest) && /[a-f]/.test(rest);
  return [...value].map((sign, index) => {
    if (index < kept) return '';
    if (isHex && sign !== '-') return HEX;
    return CLASSES.find(([signs]) => signs.test(sign))?.[1] ?? '';
  });
}

/** @returns numbers of 32 bits, one after the other */
function stream(key: Uint8Array, of: string): () => number {
  let block = Buffer.alloc(0);
  let used = 0;
  let count = 0;
  return () => {
    if (used + 4 > block.length) {
      block = createHmac('sha256', key).update(`${of}\0${count++}`).digest();
      used = 0;
    }
    used += 4;
    return block.readUInt32BE(used - 4);
  };
}
