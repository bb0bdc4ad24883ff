/**
 * The page's own files, as the build made them: what is named by its content is kept by browsers for good, the rest is asked
 * for each time. Compressed when it was built; nothing is compressed here. Open to all, since there is nothing of anybody's
 * in them.
 */
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { RequestHandler } from 'express';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob:",
  "manifest-src 'self'", // without it nothing can be installed on a phone
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** @param folder where the build put the page; looked at when it is first asked for */
export function pageFiles(folder: string): RequestHandler {
  let known: ReadonlySet<string> | null = null;

  return async (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const name = request.path === '/' ? 'index.html' : request.path.slice(1);
    known ??= filesIn(folder);
    const type = TYPES[extname(name)];
    if (type === undefined || !known.has(name)) {
      if (request.path !== '/') return next();
      throw new HttpProblem(
        'not-found',
        'The page is not there, because this gateway was not built with it. Run ./mobyclaw up, which builds it.',
      );
    }
    const accepted = request.get('accept-encoding') ?? '';
    const [encoding, suffix] = ENCODINGS.find(
      ([token, ending]) => new RegExp(`\\b${token}\\b`).test(accepted) && known?.has(name + ending),
    ) ?? [null, ''];
    const content = await readFile(join(folder, name + suffix)).catch(() => null);
    if (content === null) return next(); // a build has removed it since
    response.set({
      'content-type': type,
      'content-length': String(content.length),
      'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      vary: 'accept-encoding',
      ...(encoding !== null && { 'content-encoding': encoding }),
    });
    response.end(request.method === 'HEAD' ? undefined : content);
  };
}

function filesIn(folder: string): ReadonlySet<string> {
  if (!existsSync(folder)) return new Set();
  return new Set(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')),
  );
}
