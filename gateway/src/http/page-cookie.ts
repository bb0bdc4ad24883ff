/**
 * The cookie that lets a browser in. Cookies know no ports, so its name has the port, and two Mobys on one machine do not log
 * each other's owner out. Behind https it is bound to its host by `__Host-`.
 */
import type { IncomingMessage } from 'node:http';

const DAYS_30_S = 30 * 86_400;

/** @param request one that a page of ours sent, as its Origin says */
export function loginCookie(request: IncomingMessage, secret: string): string {
  return `${nameOf(request)}=${secret}; Max-Age=${DAYS_30_S}; ${attributes(request)}`;
}

export function endedCookie(request: IncomingMessage): string {
  return `${nameOf(request)}=; Max-Age=0; ${attributes(request)}`;
}

/** @returns what the cookies of a request may be the secret of, or null */
export function loginSecret(request: IncomingMessage): string | null {
  const cookies = cookiesOf(request);
  const name = `moby${portOf(request)}`;
  return cookies.get(`__Host-${name}`) ?? cookies.get(name) ?? null;
}

function cookiesOf({ headers }: IncomingMessage): Map<string, string> {
  return new Map(
    (headers.cookie ?? '').split(';').map((cookie) => {
      const [name = '', value = ''] = cookie.trim().split('=');
      return [name, value];
    }),
  );
}

function portOf({ headers }: IncomingMessage): string {
  return /:(\d+)$/.exec(headers.host ?? '')?.[1] ?? '';
}

/** A proxy that speaks https does not say so in a way that could be relied on; the page's own Origin does, or its cookie. */
function isHttps(request: IncomingMessage): boolean {
  const { origin } = request.headers;
  return origin?.startsWith('https://') ?? cookiesOf(request).has(`__Host-moby${portOf(request)}`);
}

function nameOf(request: IncomingMessage): string {
  return `${isHttps(request) ? '__Host-' : ''}moby${portOf(request)}`;
}

function attributes(request: IncomingMessage): string {
  return `Path=/; HttpOnly; SameSite=Strict${isHttps(request) ? '; Secure' : ''}`;
}
