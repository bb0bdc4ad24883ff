/** `GET /api/stream`: everything that happens, for a page that looks on. */

import { Router } from 'express';
import { streamBlocks } from '../block-stream.ts';
import { endWithToken } from '../end-with-token.ts';
import type { HttpServices } from '../http-services.ts';

export function liveRoutes({ live, tokens, clock }: HttpServices): Router {
  const router = Router();

  router.get('/api/stream', (request, response) => {
    const since = request.get('last-event-id') || request.query.since;
    streamBlocks(request, response, clock, (reader) =>
      live.join(typeof since === 'string' ? since : null, reader),
    );
    endWithToken(tokens, response);
  });

  return router;
}
