/** `/api/skills`: how the owner's skills stand and what they are; one that he has looked at is approved, switched, put back, removed. */
import {
  skillApprovalSchema,
  skillSwitchSchema,
  skillUndoSchema,
  skillUploadSchema,
} from '@mobyclaw/protocol/skill';
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

  router.get('/api/skills/:name', async (request, response) => {
    response.json(await answered(memory.skill(request.params.name)));
  });

  router.post('/api/skills', async (request, response) => {
    response.status(201).json(await answered(memory.uploadSkill(validate(skillUploadSchema, request.body))));
  });

  router.post('/api/skills/:name/approve', async (request, response) => {
    const { digest } = validate(skillApprovalSchema, request.body);
    response.json(await answered(memory.approveSkill(request.params.name, digest)));
  });

  router.post('/api/skills/:name/undo', async (request, response) => {
    const { to } = validate(skillUndoSchema, request.body ?? {});
    response.json(await answered(memory.undoSkill(request.params.name, to)));
  });

  router.delete('/api/skills/:name', async (request, response) => {
    response.json(await answered(memory.removeSkill(request.params.name)));
  });

  return router;
}
