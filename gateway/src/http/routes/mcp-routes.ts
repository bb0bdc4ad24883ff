/** `/mcp`: streamable HTTP without sessions, so POST alone; GET and DELETE are 405, as clients of the protocol expect. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { Router } from 'express';
import type { TokenRow } from '../../store/token-store.ts';
import type { HttpServices } from '../http-services.ts';

export function mcpRoutes({ mcp }: HttpServices): Router {
  const router = Router();

  router
    .route('/mcp')
    .post(async (request, response) => {
      const token = response.locals.token as TokenRow;
      const handler = await mcp.handler(token);
      if (!handler)
        throw new HttpProblem('forbidden', `A token with scope ${token.scope} has no tools here.`);
      await handler(request, response);
    })
    .all((_request, response) => {
      response.status(405).set('allow', 'POST').end();
    });

  return router;
}
