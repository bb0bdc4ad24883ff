/** `/api/turns`: look at a turn, follow it from any point, stop it. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { Router } from 'express';
import { resumePoint, streamEvents } from '../event-stream.ts';
import type { HttpServices } from '../http-services.ts';

export function turnRoutes({ turns, clock }: HttpServices): Router {
  const router = Router();

  router.get('/api/turns/:id', (request, response) => {
    response.json(turns.view(request.params.id) ?? notFound(request.params.id));
  });

  router.get('/api/turns/:id/events', (request, response) => {
    const after = resumePoint(request);
    const turn = turns.view(request.params.id) ?? notFound(request.params.id);
    if (turn.finishedAt !== undefined && !turns.hasEvents(turn.turn)) {
      const detail = 'The events of this turn are no longer kept; GET /api/turns/:id has its answer.';
      throw new HttpProblem('not-found', detail, { turn: turn.turn });
    }
    streamEvents(response, clock, (listener) => turns.follow(turn.turn, after, listener));
  });

  router.post('/api/turns/:id/cancel', (request, response) => {
    response.json(turns.cancel(request.params.id) ?? notFound(request.params.id));
  });

  return router;
}

function notFound(id: string): never {
  throw new HttpProblem('not-found', `There is no turn ${id}.`);
}
