/** `/api/tokens`: made, listed and revoked by an admin; a secret is shown once. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { tokenRequestSchema } from '@mobyclaw/protocol/token';
import { Router } from 'express';
import { chatNameProblem } from '../chat-scope.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

export function tokenRoutes({ tokens }: HttpServices): Router {
  const router = Router();

  router.get('/api/tokens', (_request, response) => {
    response.json({ items: tokens.list() });
  });

  router.post('/api/tokens', (request, response) => {
    const { name, scope } = validate(tokenRequestSchema, request.body);
    if (name === 'cli')
      throw new HttpProblem('conflict', 'The name "cli" is kept for the token of the command line.');
    if (scope === 'chat') {
      const problem =
        chatNameProblem(name) ??
        (tokens.list().some((other) => other.name === name && other.scope === 'chat')
          ? `There is a token of scope chat named "${name}", and its conversations are its own. Take another name, or revoke that one.`
          : null);
      if (problem !== null) throw new HttpProblem('validation-failed', problem);
    }
    response.status(201).json(tokens.create(name, scope));
  });

  router.delete('/api/tokens/:id', (request, response) => {
    if (!tokens.revoke(request.params.id)) {
      throw new HttpProblem('not-found', `There is no token ${request.params.id}.`);
    }
    response.status(204).end();
  });

  return router;
}
