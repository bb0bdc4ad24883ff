/** `/api/push`: the browsers that are told what comes while no tab is in front. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { type PushList, pushRequestSchema } from '@mobyclaw/protocol/push';
import { type Response, Router } from 'express';
import type { TokenRow } from '../../store/token-store.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

export function pushRoutes({ push }: HttpServices): Router {
  const router = Router();

  router.get('/api/push', async (_request, response) => {
    const list: PushList = { publicKey: await push.publicKey(), items: push.list(tokenOf(response).id) };
    response.json(list);
  });

  router.post('/api/push', (request, response) => {
    const token = tokenOf(response);
    if (token.expiresAt === null) {
      throw new HttpProblem(
        'conflict',
        'Only a browser that was let in can be notified, and a token was shown.',
      );
    }
    response.status(201).json(push.subscribe(token.id, validate(pushRequestSchema, request.body)));
  });

  router.delete('/api/push/:id', (request, response) => {
    if (!push.end(request.params.id)) {
      throw new HttpProblem('not-found', `There is no subscription ${request.params.id}.`);
    }
    response.status(204).end();
  });

  return router;
}

function tokenOf({ locals }: Response): TokenRow {
  return locals.token as TokenRow;
}
