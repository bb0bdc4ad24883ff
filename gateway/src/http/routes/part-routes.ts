/** `/api/parts` and `/api/logs`: how the parts are and what they log, as far as the gateway can see it. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { Router } from 'express';
import * as z from 'zod';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

const logQuery = z.object({
  part: z
    .string()
    .regex(/^[\w-]{1,40}$/, 'write the name of a part, such as gateway')
    .default('gateway'),
  after: z.string().max(60).exactOptional(),
});

export function partRoutes({ partStates, partLogs }: HttpServices): Router {
  const router = Router();

  router.get('/api/parts', async (_request, response) => {
    response.json(await partStates());
  });

  router.get('/api/logs', async (request, response) => {
    const { part, after } = validate(logQuery, request.query);
    const logs = await partLogs.read(part, after ?? null);
    if (!logs) {
      throw new HttpProblem(
        'not-found',
        `The gateway sees no log of ${part}. ./mobyclaw logs ${part} shows it.`,
      );
    }
    response.json(logs);
  });

  return router;
}
