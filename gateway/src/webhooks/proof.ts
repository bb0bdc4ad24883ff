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
    const { id, timestamp, signatures } = standardHeaders(headers);
    // With a dot in the id the same signature would fit an id, a time and a body that are cut elsewhere.
    if (!/^[^.]{1,200}$/.test(id) || !/^\d{1,12}$/.test(timestamp)) {
      return {
        ok: false,
        why: 'webhook-id or webhook-timestamp is missing or malformed; an id has no dot and at most 200 characters.',
      };
    }
    const expected = createHmac('sha256', standardKey(secret))
      .update(`${id}.${timestamp}.`)
      .update(body)
      .digest();
    const signed = signatures.split(' ').some((part) => {
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

/** Under the standard's names or, all three, under Svix's own, from which the standard was made. */
function standardHeaders(headers: IncomingHttpHeaders): {
  id: string;
  timestamp: string;
  signatures: string;
} {
  const from =
    headers['webhook-signature'] === undefined && headers['svix-signature'] !== undefined
      ? 'svix'
      : 'webhook';
  return {
    id: single(headers[`${from}-id`]),
    timestamp: single(headers[`${from}-timestamp`]),
    signatures: single(headers[`${from}-signature`]),
  };
}

/**
 * Whether there is anything by which a sender could prove himself, so that his body is worth reading: a signature of the
 * form that it has, or a token, which is checked at once, since it does not need the body. The same for every name, so that
 * names cannot be guessed.
 */
export function mayProve(headers: IncomingHttpHeaders, isValid: (secret: string) => boolean): boolean {
  if (/^sha256=[0-9a-f]{64}$/.test(single(headers['x-hub-signature-256']))) return true;
  const { id, timestamp, signatures } = standardHeaders(headers);
  if (id !== '' && timestamp !== '' && /(^| )v1,[A-Za-z0-9+/=]{20,}/.test(signatures)) return true;
  const token = bearerTokenOf(headers.authorization);
  return token !== null && isValid(token);
}

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
