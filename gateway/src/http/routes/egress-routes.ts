/** `/api/egress`: what Moby may reach outside, what the door let through and what not, and changes of the owner's rules. */
import { egressEditSchema } from '@mobyclaw/protocol/egress-rules';
import { Router } from 'express';
import * as z from 'zod';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

const logQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.coerce.number().int().min(1).optional(),
  refused: z.stringbool().optional(),
  host: z.string().min(1).max(255).optional(),
});
const testQuery = z.object({ url: z.string().min(1).max(2000) });

export function egressRoutes({ egress }: HttpServices): Router {
  const router = Router();

  router.get('/api/egress', async (_request, response) => {
    response.json(await egress.view());
  });

  router.put('/api/egress', async (request, response) => {
    response.json(await egress.edit(validate(egressEditSchema, request.body)));
  });

  router.get('/api/egress/log', async (request, response) => {
    response.json(await egress.log(validate(logQuery, request.query)));
  });

  router.get('/api/egress/test', async (request, response) => {
    response.json(await egress.test(validate(testQuery, request.query).url));
  });

  return router;
}
