/** `GET /api/voice`: whether one can speak to Moby here. */
import type { VoiceView } from '@mobyclaw/protocol/voice';
import { Router } from 'express';
import type { HttpServices } from '../http-services.ts';

export function voiceRoutes({ transcription }: HttpServices): Router {
  const router = Router();

  router.get('/api/voice', (_request, response) => {
    response.json({ listens: transcription !== null } satisfies VoiceView);
  });

  return router;
}
