/** `/api/forget`: looks what there is, removes it, tells how that goes. Only for a token that may do all that the owner may. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { forgetWishSchema } from '@mobyclaw/protocol/forget';
import { Router } from 'express';
import { ForgetWishError } from '../../forget/forget-mark.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

export function forgetRoutes({ forgetting }: HttpServices): Router {
  const router = Router();

  router.post('/api/forget/look', async (request, response) => {
    response.json(await understood(forgetting.look(validate(forgetWishSchema, request.body))));
  });

  router.post('/api/forget', async (request, response) => {
    const { view } = await understood(forgetting.begin(validate(forgetWishSchema, request.body)));
    response.status(202).json(view);
  });

  router.get('/api/forget/:id', (request, response) => {
    const view = forgetting.find(request.params.id);
    if (!view)
      throw new HttpProblem('not-found', 'Nothing is being forgotten under this id, or it was long ago.');
    response.json(view);
  });

  return router;
}

async function understood<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ForgetWishError) throw new HttpProblem('validation-failed', error.message);
    throw error;
  }
}
