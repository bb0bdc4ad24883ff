/**
 * `/v1/responses`: OpenAI's newer API. A response is a turn, so it is kept, can be fetched and stopped later, and goes on
 * without the client; `background` only means that nobody waits for it.
 */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { type Request, type Response, Router } from 'express';
import type { TurnRow } from '../../store/turn-store.ts';
import type { HttpServices } from '../http-services.ts';
import { eventWriter, MODEL, type OpenAiService } from '../openai/openai-service.ts';
import { RESPONSE_PREFIX, type Repeated, responseObject, stateOf } from '../openai/response-object.ts';
import { readResponseRequest, responseRequestSchema } from '../openai/response-request.ts';
import { ResponseStream } from '../openai/response-stream.ts';
import { validate } from '../validate.ts';

export function responseRoutes({ turns }: HttpServices, openAi: OpenAiService): Router {
  const router = Router();

  router.post('/v1/responses', async (request, response) => {
    const asked = validate(responseRequestSchema, request.body);
    const { previous_response_id: previous, metadata, background } = asked;
    const repeated: Repeated = { previous: previous ?? undefined, metadata, background: background ?? false };
    const turn = await openAi.accept(readResponseRequest(asked), request, response);
    if (asked.stream) return stream(turn, repeated, response);
    if (!background) await openAi.answer(turn);
    response.json(responseObject(turn, MODEL, stateOf(find(turn.id)), repeated));
  });

  router.get('/v1/responses/:id', (request, response) => {
    const turn = find(request.params.id);
    if (request.query.stream !== 'true') {
      response.json(responseObject(turn, MODEL, stateOf(turn)));
      return;
    }
    refuseStartingAfter(request);
    if (!turns.hasEvents(turn.id)) {
      throw new HttpProblem(
        'not-found',
        'The events of this response are no longer kept; without stream, its answer is.',
      );
    }
    stream(turn, {}, response);
  });

  router.post('/v1/responses/:id/cancel', (request, response) => {
    const { id } = find(request.params.id);
    turns.cancel(id);
    const turn = find(id);
    response.json(responseObject(turn, MODEL, stateOf(turn)));
  });

  return router;

  function find(id: string): TurnRow {
    const turn = turns.find(id.replace(RESPONSE_PREFIX, ''));
    if (!turn) throw new HttpProblem('not-found', `There is no response ${id}.`);
    return turn;
  }

  function stream(turn: TurnRow, repeated: Repeated, response: Response): void {
    const write = eventWriter(response);
    const open = () =>
      new ResponseStream(turn, MODEL, repeated, (event, data) => write(`event: ${event}\ndata: ${data}\n\n`));
    openAi.stream(turn, open, response);
  }
}

/** Stored events are joined ones, so their numbers are not those that the client has seen. */
function refuseStartingAfter({ query }: Request): void {
  if (query.starting_after === undefined) return;
  throw new HttpProblem(
    'validation-failed',
    'A response is streamed from its start here. Leave starting_after out, and take what comes instead of what you have.',
  );
}
