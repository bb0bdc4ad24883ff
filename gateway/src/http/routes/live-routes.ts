/** `GET /api/stream`: everything that happens, for a page that looks on. */

import { Router } from 'express';
import type { TokenRow } from '../../store/token-store.ts';
import { streamBlocks } from '../block-stream.ts';
import type { HttpServices } from '../http-services.ts';

export function liveRoutes({ live, tokens, clock }: HttpServices): Router {
  const router = Router();

  router.get('/api/stream', (request, response) => {
    const since = request.get('last-event-id') || request.query.since;
    streamBlocks(request, response, clock, (reader) =>
      live.join(typeof since === 'string' ? since : null, reader),
    );
    // A browser that is shown out sees nothing more.
    const { id } = response.locals.token as TokenRow;
    const forget = tokens.onRevoked(id, () => response.destroy());
    response.on('close', forget);
  });

  return router;
}
