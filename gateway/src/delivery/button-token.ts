/**
 * What a button of a question holds: which question, which answer, and a signature by a key that is made for each question
 * anew. So nobody can make up a button, nor turn one answer into another; who presses it, and where, is looked at besides.
 * 49 bytes at most, where Telegram takes 64.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const MAC_BYTES = 15;
const TOKEN = /^q\.([\w-]{22})\.(\d{1,2})\.([\w-]{20})$/;

export function newButtonKey(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * @param question a UUID
 * @param answer number of the answer, from 0
 */
export function buttonToken(question: string, answer: number, key: string): string {
  const id = Buffer.from(question.replaceAll('-', ''), 'hex').toString('base64url');
  return `q.${id}.${answer}.${macOf(question, answer, key).toString('base64url')}`;
}

/** @returns null for what is no button of ours */
export function readButtonToken(token: string): { question: string; answer: number; mac: Buffer } | null {
  const [, id, answer, mac] = TOKEN.exec(token) ?? [];
  if (id === undefined || answer === undefined || mac === undefined) return null;
  const hex = Buffer.from(id, 'base64url').toString('hex');
  const question = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { question, answer: Number(answer), mac: Buffer.from(mac, 'base64url') };
}

export function isSigned(
  { question, answer, mac }: NonNullable<ReturnType<typeof readButtonToken>>,
  key: string,
): boolean {
  const right = macOf(question, answer, key);
  return mac.length === right.length && timingSafeEqual(mac, right);
}

function macOf(question: string, answer: number, key: string): Buffer {
  return createHmac('sha256', key).update(`${question}:${answer}`).digest().subarray(0, MAC_BYTES);
}
