/** How a browser gets in and out: `POST /api/login` turns a one-time code of the command line into a cookie. */
import type { Clock } from '@mobyclaw/lib/clock';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { type PageLoginView, pageLoginRequestSchema } from '@mobyclaw/protocol/page-login';
import express, { type Response, Router } from 'express';
import type { TokenRow } from '../../store/token-store.ts';
import type { TokenService } from '../../tokens/token-service.ts';
import { browserName } from '../browser-name.ts';
import { FailedAttempts } from '../failed-attempts.ts';
import type { PageCodes } from '../page-codes.ts';
import { endedCookie, loginCookie, loginSecret } from '../page-cookie.ts';
import { notFromPage } from '../page-origin.ts';
import { validate } from '../validate.ts';

const RENEWED_BELOW_MS = 29 * 86_400_000; // of 30 days that are left: once a day

export interface PageLoginServices {
  tokens: TokenService;
  clock: Clock;
  version: string;
  codes: PageCodes;
}

/** Open to whoever has a code. */
export function pageEntrance({ tokens, clock, version, codes }: PageLoginServices): Router {
  const failures = new FailedAttempts(clock);
  const router = Router();

  router.post('/api/login', express.json({ limit: '2kb' }), (request, response) => {
    const refusal = notFromPage(request);
    if (refusal !== null) throw new HttpProblem('forbidden', refusal);
    const { code } = validate(pageLoginRequestSchema, request.body);
    if (!codes.take(code)) {
      const waitS = failures.add(request.socket.remoteAddress ?? '');
      if (waitS !== null) {
        const detail =
          'Too many wrong codes from this address. Wait a minute, then run ./mobyclaw open again.';
        throw new HttpProblem('too-many-logins', detail, {}, { 'retry-after': String(waitS) });
      }
      throw new HttpProblem(
        'unauthorized',
        'This code is not valid: it works once, for two minutes. Run ./mobyclaw open again.',
      );
    }
    const { login, secret } = tokens.letIn(browserName(request.get('user-agent')));
    response.set('set-cookie', loginCookie(request, secret)).status(201).json(toView(login, version));
  });

  return router;
}

export function pageLoginRoutes({ tokens, clock, version, codes }: PageLoginServices): Router {
  const router = Router();

  router.post('/api/login/codes', (_request, response) => {
    const { code, expiresAt } = codes.make();
    response.status(201).json({ code, expiresAt: new Date(expiresAt).toISOString() });
  });

  router.get('/api/login', (request, response) => {
    const login = loginOf(response);
    const secret = loginSecret(request);
    if (secret !== null && (login.expiresAt ?? 0) - clock.now() < RENEWED_BELOW_MS) {
      tokens.prolong(login);
      response.set('set-cookie', loginCookie(request, secret));
    }
    response.json(toView(login, version));
  });

  router.delete('/api/login', (request, response) => {
    tokens.revoke(loginOf(response).id);
    response.set('set-cookie', endedCookie(request)).status(204).end();
  });

  return router;
}

/** @throws HttpProblem where it was no browser that asked */
function loginOf({ locals }: Response): TokenRow {
  const token = locals.token as TokenRow;
  if (token.expiresAt !== null) return token;
  throw new HttpProblem('not-found', 'This is about the login of a browser, and a token was shown.');
}

function toView({ id, expiresAt }: TokenRow, version: string): PageLoginView {
  return { id, version, expiresAt: new Date(expiresAt ?? 0).toISOString() };
}
