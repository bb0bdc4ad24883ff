/** `/api/skills`: how the owner's skills stand; one that he has seen is switched on and off. */
import { skillSwitchSchema } from '@mobyclaw/protocol/skill';
import { Router } from 'express';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';
import { answered } from './memory-routes.ts';

export function skillRoutes({ memory }: HttpServices): Router {
  const router = Router();

  router.get('/api/skills', async (_request, response) => {
    response.json(await answered(memory.skills()));
  });

  router.put('/api/skills/:name', async (request, response) => {
    const { enabled } = validate(skillSwitchSchema, request.body);
    response.json(await answered(memory.switchSkill(request.params.name, enabled)));
  });

  return router;
}
