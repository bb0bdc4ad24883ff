/** `/api/turns`: begin a turn without waiting for it, look at one, follow it from any point, change or stop it. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { platformOf } from '@mobyclaw/protocol/session-key';
import { type AcceptedTurn, turnChangeSchema } from '@mobyclaw/protocol/turn';
import { Router } from 'express';
import type { TurnRow } from '../../store/turn-store.ts';
import type { Accepted } from '../../turns/inbox.ts';
import { acceptPrompt, keysOf } from '../accept-prompt.ts';
import { resumePoint, streamEvents } from '../event-stream.ts';
import { sendFile } from '../file-download.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

export function turnRoutes(services: HttpServices): Router {
  const { turns, store, clock } = services;
  const router = Router();

  router.post('/api/turns', async (request, response) => {
    response.status(202).json(toAccepted(await acceptPrompt(services, request, response)));
  });

  router.get('/api/turns/:id', (request, response) => {
    response.json(turns.view(request.params.id) ?? notFound(request.params.id));
  });

  router.patch('/api/turns/:id', (request, response) => {
    const { prompt } = validate(turnChangeSchema, request.body);
    const { id } = find(request.params.id);
    if (!store.transaction('durable', () => store.turns.changePrompt(id, prompt))) {
      throw new HttpProblem(
        'conflict',
        'Moby has begun to answer this, so it stays as it is. Send another message.',
      );
    }
    response.json(turns.view(id));
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

  router.get('/api/turns/:id/files/:index', (request, response) => {
    const { id, index } = request.params;
    const file = /^\d{1,3}$/.test(index) ? find(id).attachments[Number(index)] : undefined;
    if (!file) throw new HttpProblem('not-found', `The turn ${id} has no file ${index}.`);
    sendFile(response, file);
  });

  router.post('/api/turns/:id/cancel', (request, response) => {
    response.json(turns.cancel(request.params.id) ?? notFound(request.params.id));
  });

  router.post('/api/turns/:id/again', async (request, response) => {
    const { session, prompt, attachments, notes, guest = false, confined = false } = find(request.params.id);
    if (guest || confined)
      throw new HttpProblem(
        'conflict',
        'Somebody else asked this. Write it yourself to have it answered for you.',
      );
    const again = { session, source: platformOf(session), sender: 'owner', prompt, attachments };
    const accepted = await turns.accept({
      ...keysOf(request, response, session),
      ...again,
      notes: notes ?? [],
      queueMode: null,
    });
    response.status(202).json(toAccepted(accepted));
  });

  return router;

  function find(id: string): TurnRow {
    return store.turns.find(id) ?? notFound(id);
  }
}

function toAccepted({ turn, duplicate, position }: Accepted): AcceptedTurn {
  return { turn: turn.id, session: turn.session, position, duplicate };
}

function notFound(id: string): never {
  throw new HttpProblem('not-found', `There is no turn ${id}.`);
}
