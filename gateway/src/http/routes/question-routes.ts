/** `/api/questions`: what waits for the owner, and his answers. A token of scope read may look, only admin may answer. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { answerRequestSchema } from '@mobyclaw/protocol/question';
import { sessionKeySchema } from '@mobyclaw/protocol/session-key';
import { type Response, Router } from 'express';
import * as z from 'zod';
import type { Answerer } from '../../questions/questions.ts';
import type { TokenRow } from '../../store/token-store.ts';
import { CLI_TOKEN_NAME } from '../../tokens/token-service.ts';
import { resumePoint, streamEvents } from '../event-stream.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

const listQuery = z.object({
  state: z.enum(['open', 'all']).default('open'),
  session: sessionKeySchema.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export function questionRoutes({ questions, clock }: HttpServices): Router {
  const router = Router();

  router.get('/api/questions', (request, response) => {
    const { state, session, limit } = validate(listQuery, request.query);
    const filter = { open: state === 'open', limit, ...(session === undefined ? {} : { session }) };
    response.json({ items: questions.list(filter) });
  });

  router.get('/api/questions/events', (request, response) => {
    const after = resumePoint(request);
    streamEvents(response, clock, (listener) =>
      questions.follow(after, (data, id) => listener({ id, type: 'question', data })),
    );
  });

  router.get('/api/questions/:id', (request, response) => {
    response.json(questions.find(request.params.id) ?? notFound(request.params.id));
  });

  router.post('/api/questions/:id/answer', (request, response) => {
    const { id } = request.params;
    const given = validate(answerRequestSchema, request.body);
    const result = questions.answer(id, given, answererOf(response));
    if (result.status === 'unknown') notFound(id);
    if (result.status === 'invalid') throw new HttpProblem('validation-failed', result.problem);
    if (result.status === 'settled') {
      const { outcome = '' } = result.question;
      throw new HttpProblem('conflict', `This question is not open any more. ${outcome}`.trim());
    }
    response.json(result.question);
  });

  return router;
}

function answererOf({ locals }: Response): Answerer {
  const { name, expiresAt } = locals.token as TokenRow;
  if (expiresAt !== null) return { door: 'page', by: 'the owner' };
  return name === CLI_TOKEN_NAME ? { door: 'cli', by: 'the owner' } : { door: 'api', by: name };
}

function notFound(id: string): never {
  throw new HttpProblem('not-found', `There is no question ${id}. GET /api/questions lists those that wait.`);
}
