/** `/api/heartbeat`: how the heartbeat stands, what it found and why it was silent; one beat by hand. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { Router } from 'express';
import * as z from 'zod';
import { HeartbeatBusyError } from '../../heartbeat/heartbeat.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

const viewQuery = z.object({ limit: z.coerce.number().int().min(1).max(500).default(20) });

export function heartbeatRoutes({ heartbeat }: HttpServices): Router {
  const router = Router();

  router.get('/api/heartbeat', (request, response) => {
    response.json(heartbeat.view(validate(viewQuery, request.query).limit));
  });

  router.post('/api/heartbeat/run', (_request, response) => {
    response.status(202).json(beat());
  });

  return router;

  function beat() {
    try {
      const begun = heartbeat.beatNow();
      if (begun) return begun;
    } catch (error) {
      if (error instanceof HeartbeatBusyError) throw new HttpProblem('conflict', error.message);
      throw error;
    }
    throw new HttpProblem(
      'conflict',
      'The heartbeat is off. Set MOBYCLAW_HEARTBEAT_INTERVAL, for example to 30m, and start Moby again.',
    );
  }
}
