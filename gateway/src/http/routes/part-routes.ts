/** `/api/parts` and `/api/logs`: how the parts are and what they log, as far as the gateway can see it. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { LogsView } from '@mobyclaw/protocol/part';
import { Router } from 'express';
import * as z from 'zod';
import { streamBlocks } from '../block-stream.ts';
import { endWithToken } from '../end-with-token.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

const logQuery = z.object({
  part: z
    .string()
    .regex(/^[\w-]{1,40}$/, 'write the name of a part, such as gateway')
    .default('gateway'),
  after: z.string().max(60).exactOptional(),
});

export function partRoutes({ partStates, partLogs, tokens, clock }: HttpServices): Router {
  const router = Router();

  router.get('/api/parts', async (_request, response) => {
    response.json(await partStates());
  });

  router.get('/api/logs', async (request, response) => {
    const { part, after } = validate(logQuery, request.query);
    response.json(await read(part, after ?? null));
  });

  router.get('/api/logs/stream', async (request, response) => {
    const { part, after } = validate(logQuery, request.query);
    const first = await read(part, request.get('last-event-id') || (after ?? null));
    streamBlocks(request, response, clock, (reader) =>
      partLogs.follow(
        part,
        first,
        (view) => reader(`id:${view.next}\ndata:${JSON.stringify(view)}\n\n`),
        () => response.destroy(),
      ),
    );
    endWithToken(tokens, response);
  });

  return router;

  async function read(part: string, after: string | null): Promise<LogsView> {
    const logs = await partLogs.read(part, after);
    if (logs) return logs;
    throw new HttpProblem(
      'not-found',
      `The gateway sees no log of ${part}. ./mobyclaw logs ${part} shows it.`,
    );
  }
}
