/** `POST /hooks/:name`, open to senders who hold the hook's secret, and `/api/hooks` for the owner. */
import { hookRequestSchema } from '@mobyclaw/protocol/hook';
import express, { Router } from 'express';
import * as z from 'zod';
import { HttpProblem } from '../http-problem.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

const MOST_BODY = '1mb'; // GitHub sends up to 25 MB, but nothing that a model should read is as large

/** Before the token check: these senders have proofs of their own. */
export function hookReceiver({ hooks }: HttpServices): Router {
  const router = Router();

  router.post(
    '/hooks/:name',
    express.raw({ type: () => true, limit: MOST_BODY }),
    async (request, response) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const reception = await hooks.receive(request.params.name ?? '', request.headers, body);
      if (reception.status === 'refused') throw new HttpProblem('unauthorized', reception.why);
      if (reception.status === 'malformed') throw new HttpProblem('bad-request', reception.why);
      const { turn, duplicate } = reception;
      response.status(202).location(`/api/turns/${turn}`).json({ turn, duplicate });
    },
  );

  return router;
}

export function hookRoutes({ hooks }: HttpServices): Router {
  const router = Router();

  router.get('/api/hooks', (_request, response) => {
    response.json({ items: hooks.list() });
  });

  router.post('/api/hooks', (request, response) => {
    const hook = validate(hookRequestSchema, request.body);
    const created = hooks.create(hook);
    if (!created)
      throw new HttpProblem('conflict', `There is a webhook ${hook.name} already. Remove it first.`);
    response.status(201).json(created);
  });

  router.delete('/api/hooks/:name', (request, response) => {
    if (!hooks.remove(request.params.name)) throw notFound(request.params.name);
    response.status(204).end();
  });

  router.post('/api/hooks/:name/test', async (request, response) => {
    const { payload } = validate(z.strictObject({ payload: z.unknown() }), request.body);
    const reception = await hooks.test(request.params.name, payload);
    if (!reception) throw notFound(request.params.name);
    response.status(202).json(reception);
  });

  return router;
}

function notFound(name: string): HttpProblem {
  return new HttpProblem('not-found', `There is no webhook ${name}.`);
}
