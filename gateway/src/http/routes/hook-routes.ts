/** `POST /hooks/:name`, open to senders who hold the hook's secret, and `/api/hooks` for the owner. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { hookRequestSchema } from '@mobyclaw/protocol/hook';
import express, { type Request, Router } from 'express';
import * as z from 'zod';
import { FailedAttempts } from '../failed-attempts.ts';
import type { HttpServices } from '../http-services.ts';
import { UnprovenBodies } from '../unproven-bodies.ts';
import { validate } from '../validate.ts';

// GitHub sends up to 25 MB, but whoever it is has to be waited for before his proof can be checked, and nothing that a
// model should read is as large.
const MOST_BODY = '1mb';

/** The same for all: that there is a hook of this name must not be learned from it. */
const REFUSED =
  'The delivery was refused. Check the address and the secret; the log of the gateway has the reason.';

/** Before the token check: these senders have proofs of their own. */
export function hookReceiver({ hooks, clock, logger }: HttpServices): Router {
  const router = Router();
  const failures = new FailedAttempts(clock);
  const bodies = new UnprovenBodies(clock, logger);

  router.post(
    '/hooks/:name',
    (request, _response, next) => {
      const { name } = request.params;
      if (!hooks.mayProve(name, request.headers)) {
        throw refused(name, request, 'No header proves anything; the body was not read.');
      }
      bodies.watch(request);
      next();
    },
    express.raw({ type: () => true, limit: MOST_BODY }),
    async (request, response) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const { name } = request.params;
      const outcome = await hooks.receive(String(name), request.headers, body);
      if (outcome.status === 'refused') throw refused(String(name), request, outcome.why);
      if (outcome.status === 'malformed') throw new HttpProblem('bad-request', outcome.why);
      if (outcome.status === 'ignored') {
        response.status(202).json({ ignored: outcome.why });
        return;
      }
      const { turn, duplicate } = outcome;
      response.status(202).location(`/api/turns/${turn}`).json({ turn, duplicate });
    },
  );

  return router;

  function refused(name: string, request: Request, why: string): HttpProblem {
    const address = request.socket.remoteAddress ?? '';
    const waitS = failures.add(address); // whatever name it tries
    if (waitS !== null) {
      const detail = 'Too many deliveries that were refused. Wait a minute.';
      return new HttpProblem(
        'too-many-logins',
        detail,
        {},
        { 'retry-after': String(waitS), connection: 'close' },
      );
    }
    logger.warn({ hook: name.slice(0, 64), address, why }, 'a webhook delivery was refused');
    // What is still to come of its body is not waited for.
    return new HttpProblem('unauthorized', REFUSED, {}, { connection: 'close' });
  }
}

export function hookRoutes({ hooks }: HttpServices): Router {
  const router = Router();

  router.get('/api/hooks', (_request, response) => {
    response.json({ items: hooks.list() });
  });

  router.post('/api/hooks', (request, response) => {
    const hook = validate(hookRequestSchema, request.body);
    const refusal = hooks.refusal(hook);
    if (refusal !== null) {
      const errors = [{ path: 'channel', message: refusal }];
      throw new HttpProblem('validation-failed', refusal, { errors });
    }
    const created = hooks.create(hook);
    if (!created)
      throw new HttpProblem('conflict', `There is a webhook ${hook.name} already. Remove it first.`);
    response.status(201).json(created);
  });

  router.get('/api/hooks/:name', (request, response) => {
    const hook = hooks.view(request.params.name);
    if (!hook) throw notFound(request.params.name);
    response.json(hook);
  });

  router.delete('/api/hooks/:name', (request, response) => {
    if (!hooks.remove(request.params.name)) throw notFound(request.params.name);
    response.status(204).end();
  });

  router.post('/api/hooks/:name/test', async (request, response) => {
    const { payload } = validate(z.strictObject({ payload: z.unknown() }), request.body);
    const outcome = await hooks.test(request.params.name, payload);
    if (!outcome) throw notFound(request.params.name);
    response.status(202).json(outcome);
  });

  return router;
}

function notFound(name: string): HttpProblem {
  return new HttpProblem('not-found', `There is no webhook ${name}. "mobyclaw hooks" lists those there are.`);
}
