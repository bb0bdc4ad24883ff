/**
 * Whether a request with a cookie was sent by our own page. SameSite=Strict is not enough: for it every port of a machine
 * is the same site, so a program that listens on another one could ask in the owner's name.
 */
import type { IncomingMessage } from 'node:http';

/** @returns why not, or null. A browser sends Sec-Fetch-Site with everything, Origin with everything that writes. */
export function notFromPage({ method, headers }: IncomingMessage): string | null {
  const reads = method === 'GET' || method === 'HEAD';
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && !(reads && site === 'none'))
    return 'Only the page of Moby itself may do this with its cookie; another page asked.';
  if (reads) return null;
  const { origin } = headers;
  const url = origin === undefined ? null : URL.parse(origin);
  if (url === null) return 'A request with the cookie of the page needs its Origin; browsers send it.';
  const own = URL.parse(`${url.protocol}//${headers.host}`);
  if (own === null || own.origin !== url.origin)
    return `The origin ${url.origin} is not that of this address (${headers.host}). A proxy in front has to hand the Host on.`;
  return null;
}
