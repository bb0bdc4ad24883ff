/**
 * The encrypted form of a backup: AES-256-GCM under a key that scrypt makes of the passphrase. A header tells how the key
 * is made and a check value tells a wrong passphrase from a damaged file; both are authenticated, and the tag at the end
 * covers every byte, so what has been cut or changed is never taken for whole.
 *
 *   magic 8 · log2 N 1 · r 1 · p 1 · salt 16 · iv 12 · check 16 · ciphertext · tag 16
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { CliError } from '../cli-error.ts';

const MAGIC = Buffer.from('MOBYBAK1');
const COST = { log2N: 17, r: 8, p: 1 }; // 128 MB and half a second for each guess
const SALT_BYTES = 16;
const IV_BYTES = 12;
const CHECK_BYTES = 16;
const TAG_BYTES = 16;
const HEADER_BYTES = MAGIC.length + 3 + SALT_BYTES + IV_BYTES + CHECK_BYTES;
const MOST_BYTES = 2 ** 36 - 32; // of one GCM message, NIST SP 800-38D §5.2.1.1

type Bytes = AsyncIterable<Buffer>;

/** @returns header, ciphertext and tag of `plain` */
export async function* encrypted(plain: Bytes, passphrase: string): AsyncGenerator<Buffer> {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const { key, check } = await keyOf(passphrase, salt, COST);
  const header = Buffer.concat([MAGIC, Buffer.from([COST.log2N, COST.r, COST.p]), salt, iv, check]);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(header);
  yield header;
  let bytes = 0;
  for await (const chunk of plain) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES)
      throw new CliError(
        'More than 64 GB cannot be encrypted as one file. Make the backup without a passphrase.',
      );
    yield cipher.update(chunk);
  }
  yield cipher.final();
  yield cipher.getAuthTag();
}

export async function isEncrypted(file: FileHandle): Promise<boolean> {
  const head = Buffer.alloc(MAGIC.length);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  return bytesRead === head.length && head.equals(MAGIC);
}

/**
 * The plain bytes of a file that `encrypted` made. They are genuine only once the end has been reached without an error.
 * @throws CliError for a wrong passphrase, or a file that is cut or damaged
 */
export async function* decrypted(path: string, file: FileHandle, passphrase: string): AsyncGenerator<Buffer> {
  const { size } = await file.stat();
  if (size < HEADER_BYTES + TAG_BYTES) throw damaged(path);
  const header = Buffer.alloc(HEADER_BYTES);
  const tag = Buffer.alloc(TAG_BYTES);
  await file.read(header, 0, HEADER_BYTES, 0);
  await file.read(tag, 0, TAG_BYTES, size - TAG_BYTES);
  let at = MAGIC.length;
  const take = (count: number): Buffer => {
    at += count;
    return header.subarray(at - count, at);
  };
  const [log2N = 0, r = 0, p = 0] = take(3);
  // What the header asks for is not to be believed beyond measure: it is read before it is authenticated.
  if (log2N < 10 || log2N > 20 || r < 1 || r > 16 || p < 1 || p > 4) throw damaged(path);
  const [salt, iv, check] = [take(SALT_BYTES), take(IV_BYTES), take(CHECK_BYTES)];
  const made = await keyOf(passphrase, salt, { log2N, r, p });
  if (!timingSafeEqual(made.check, check)) throw new CliError('That is not the passphrase of this backup.');
  const decipher = createDecipheriv('aes-256-gcm', made.key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(header);
  decipher.setAuthTag(tag);
  if (size > HEADER_BYTES + TAG_BYTES) {
    const body = createReadStream(path, { start: HEADER_BYTES, end: size - TAG_BYTES - 1 });
    for await (const chunk of body) yield decipher.update(chunk as Buffer);
  }
  try {
    yield decipher.final();
  } catch (error) {
    throw damaged(path, error);
  }
}

function damaged(path: string, cause?: unknown): CliError {
  return new CliError(`${path} is damaged or cut short. Use another backup; nothing was changed.`, { cause });
}

function keyOf(
  passphrase: string,
  salt: Buffer,
  { log2N, r, p }: typeof COST,
): Promise<{ key: Buffer; check: Buffer }> {
  const N = 2 ** log2N;
  return new Promise((resolve, reject) => {
    scrypt(
      passphrase.normalize('NFC'),
      salt,
      32 + CHECK_BYTES,
      { N, r, p, maxmem: 256 * N * r },
      (error, made) => {
        if (error) reject(error);
        else resolve({ key: made.subarray(0, 32), check: made.subarray(32) });
      },
    );
  });
}
