/**
 * Who may speak to a listening part at all: the Host and Origin checks that stop a web page in the owner's browser
 * (DNS rebinding, cross-site requests), and the bearer token in constant time. Every HTTP listener uses it.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Refusal {
  status: 400 | 401 | 403;
  detail: string;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/**
 * @param allowedHosts names besides loopback that this part answers to, without port
 * @returns why the request is refused, or null
 */
export function refuseForeignOrigin(
  request: IncomingMessage,
  allowedHosts: readonly string[] = [],
): Refusal | null {
  const host = hostName(request.headers.host);
  if (host === null) return { status: 400, detail: 'The request has no valid Host header.' };
  const allowed = (name: string): boolean => LOOPBACK_NAMES.includes(name) || allowedHosts.includes(name);
  if (!allowed(host)) return { status: 403, detail: `The host "${host}" is not one this server answers to.` };
  const origin = request.headers.origin;
  if (origin === undefined) return null;
  const originHost = URL.canParse(origin) ? hostName(new URL(origin).host) : null;
  if (originHost === null || !allowed(originHost)) {
    return { status: 403, detail: `Requests from the origin "${origin}" are not accepted.` };
  }
  return null;
}

function hostName(header: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header ?? '');
  return match?.[1]?.toLowerCase() ?? null;
}

/**
 * What a request asks for. A path that begins with two slashes is a path: taken relative to an address it would be a host.
 * @returns an address with a made-up host; null where there is no path in it, such as `*`
 */
export function targetOf({ url = '' }: Pick<IncomingMessage, 'url'>): URL | null {
  return url.startsWith('/') ? URL.parse(`http://here${url}`) : null;
}

/** @returns the bearer token of the request, or null */
export function bearerToken(request: IncomingMessage): string | null {
  return bearerTokenOf(request.headers.authorization);
}

/** @returns the token of an Authorization header, or null */
export function bearerTokenOf(header: string | undefined): string | null {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? null;
}

/** Equal in a time that tells nothing about where two secrets differ. */
export function equalSecrets(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
