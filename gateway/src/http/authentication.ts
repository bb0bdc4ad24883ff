/**
 * Who may ask for what. Host and Origin first, then the bearer token and its scope, or the cookie of the page, which is the owner. Failed logins are counted per
 * address over all its connections; a right token always passes, so nobody can lock the owner out.
 */

import type { Clock } from '@mobyclaw/lib/clock';
import { bearerToken, refuseForeignOrigin } from '@mobyclaw/lib/http-guard';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Request, RequestHandler } from 'express';
import type { TokenRow } from '../store/token-store.ts';
import type { TokenService } from '../tokens/token-service.ts';
import { FailedAttempts } from './failed-attempts.ts';
import { loginSecret } from './page-cookie.ts';
import { notFromPage } from './page-origin.ts';

export function originGuard(allowedHosts: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    const refusal = refuseForeignOrigin(request, allowedHosts);
    if (refusal) throw new HttpProblem(refusal.status === 400 ? 'bad-request' : 'forbidden', refusal.detail);
    next();
  };
}

export function authenticate(tokens: TokenService, clock: Clock): RequestHandler {
  const failures = new FailedAttempts(clock);
  return (request, response, next) => {
    const bearer = bearerToken(request);
    const cookie = bearer === null ? loginSecret(request) : null;
    const token =
      bearer !== null ? tokens.verify(bearer) : cookie !== null ? tokens.verifyLogin(cookie) : null;
    if (!token) throw refuse(request, bearer !== null || cookie !== null);
    const foreign = cookie === null ? null : notFromPage(request);
    if (foreign !== null) throw new HttpProblem('forbidden', foreign);
    response.locals.token = token;
    next();
  };

  function refuse(request: Request, given: boolean): HttpProblem {
    const waitS = given ? failures.add(request.socket.remoteAddress ?? '') : null;
    if (waitS !== null) {
      const detail = 'Too many wrong tokens from this address. Wait a minute.';
      return new HttpProblem('too-many-logins', detail, {}, { 'retry-after': String(waitS) });
    }
    const detail = given
      ? 'The token is not valid. "mobyclaw token list" shows the names of those that are.'
      : 'A token is needed: Authorization: Bearer <token>. "mobyclaw token create" makes one.';
    // A challenge would make cagent begin an OAuth dialogue, which blocks the run.
    if (request.path === '/mcp') return new HttpProblem('forbidden', detail);
    return new HttpProblem('unauthorized', detail, {}, { 'www-authenticate': 'Bearer' });
  }
}

/**
 * For everything but `/mcp`, where the scope decides which tools there are: admin may all, read may look, chat may talk.
 * @param chat what a token of scope chat may do
 */
export function authorize(chat: RequestHandler): RequestHandler {
  return (request, response, next) => {
    const { scope } = response.locals.token as TokenRow;
    if (scope === 'chat') {
      chat(request, response, next);
      return;
    }
    const looks = request.method === 'GET' || request.method === 'HEAD';
    if (scope !== 'admin' && !(scope === 'read' && looks)) {
      throw new HttpProblem(
        'forbidden',
        `A token with scope ${scope} may not do this; it needs ${needed(request)}.`,
      );
    }
    next();
  };
}

/** The smallest scope that would do. */
function needed({ path }: Request): string {
  return /^\/(prompt|v1)(\/|$)/.test(path) ? 'chat, or admin' : 'admin';
}
