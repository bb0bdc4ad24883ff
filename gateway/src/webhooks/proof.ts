/**
 * Whether a webhook's sender holds the secret, and by what a delivery is known again. A delivery is named by what the
 * proof covers, never by a header that it does not: a replay with a new id must not run a second time.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { bearerTokenOf } from '@mobyclaw/lib/http-guard';

const TOLERANCE_S = 300; // Standard Webhooks: a signature older than five minutes is a replay

export type Verdict =
  | { ok: true /** Null where the proof covers nothing that would tell a repeat. */; delivery: string | null }
  | { ok: false; why: string };

export type Verifier = (delivery: Delivery) => Verdict;

export interface Delivery {
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Milliseconds since the epoch. */
  now: number;
}

/** https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries: the HMAC of the body, and of nothing else. */
export const gitHubVerifier =
  (secret: string): Verifier =>
  ({ headers, body }) => {
    const given = /^sha256=([0-9a-f]{64})$/.exec(single(headers['x-hub-signature-256']))?.[1];
    if (!given) return { ok: false, why: 'X-Hub-Signature-256 is missing or not sha256=<64 hex digits>.' };
    const expected = createHmac('sha256', secret).update(body).digest();
    if (!timingSafeEqual(Buffer.from(given, 'hex'), expected))
      return { ok: false, why: 'The signature is wrong.' };
    return { ok: true, delivery: given };
  };

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: HMAC of id.timestamp.body. */
export const standardVerifier =
  (secret: string): Verifier =>
  ({ headers, body, now }) => {
    const id = single(headers['webhook-id']);
    const timestamp = single(headers['webhook-timestamp']);
    if (id === '' || id.length > 200 || !/^\d{1,12}$/.test(timestamp)) {
      return { ok: false, why: 'webhook-id or webhook-timestamp is missing or malformed.' };
    }
    const expected = createHmac('sha256', standardKey(secret))
      .update(`${id}.${timestamp}.`)
      .update(body)
      .digest();
    const signed = single(headers['webhook-signature'])
      .split(' ')
      .some((part) => {
        const given = Buffer.from(/^v1,([A-Za-z0-9+/=]+)$/.exec(part)?.[1] ?? '', 'base64');
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
    if (!signed) return { ok: false, why: 'The signature is wrong.' };
    if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_S) {
      return {
        ok: false,
        why: 'webhook-timestamp is more than five minutes off. Check the clock of the sender.',
      };
    }
    return { ok: true, delivery: id };
  };

/** A token of the API, whose scope is this hook. @param isValid whether a secret is such a token */
export const bearerVerifier =
  (isValid: (secret: string) => boolean): Verifier =>
  ({ headers, body }) => {
    const given = bearerTokenOf(headers.authorization);
    if (given === null || !isValid(given)) return { ok: false, why: 'The bearer token is wrong.' };
    const id = single(headers['idempotency-key']);
    if (id === '') return { ok: true, delivery: null };
    return { ok: true, delivery: createHash('sha256').update(id).update('\0').update(body).digest('hex') };
  };

/** `whsec_` and base64 is the standard's form of a secret. */
function standardKey(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}

function single(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}
