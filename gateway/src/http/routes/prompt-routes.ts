/** `POST /prompt` and `POST /prompt/stream`: a prompt becomes a turn; its client may leave, the turn goes on. */

import type { NumberedEvent } from '@mobyclaw/protocol/events';
import type { PromptAnswer } from '@mobyclaw/protocol/turn';
import { Router } from 'express';
import type { Accepted } from '../../turns/inbox.ts';
import { acceptPrompt } from '../accept-prompt.ts';
import { streamEvents } from '../event-stream.ts';
import type { HttpServices } from '../http-services.ts';
import { turnFailure } from '../turn-failure.ts';

export function promptRoutes(services: HttpServices): Router {
  const { turns, clock } = services;
  const router = Router();

  router.post('/prompt', async (request, response) => {
    const accepted = await acceptPrompt(services, request, response);
    const end = await turns.ended(accepted.turn);
    response.json(answerOf(accepted, end));
  });

  router.post('/prompt/stream', async (request, response) => {
    const { turn } = await acceptPrompt(services, request, response);
    streamEvents(response, clock, (listener) => turns.follow(turn.id, 0, listener));
  });

  return router;
}

/** @throws HttpProblem where the turn did not end well */
function answerOf({ turn }: Accepted, end: NumberedEvent): PromptAnswer {
  if (end.type === 'done') {
    const { text, usage, cut } = end.data;
    return { turn: turn.id, session: turn.session, text, usage, ...(cut ? { cut } : {}) };
  }
  if (end.type !== 'error') throw new Error(`a turn cannot end with ${end.type}`);
  throw turnFailure(end.data, turn.id);
}
