/** `/api/memory`: where what Moby remembers comes from. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { Router } from 'express';
import * as z from 'zod';
import { MemoryAwayError } from '../../parts/owner-memory.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

const whyQuery = z.object({ q: z.string().trim().min(1, 'what it is about is missing: ?q=').max(500) });

export function memoryRoutes({ memory }: HttpServices): Router {
  const router = Router();

  router.get('/api/memory/why', async (request, response) => {
    response.json(await answered(memory.why(validate(whyQuery, request.query).q)));
  });

  return router;
}

async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof MemoryAwayError) throw new HttpProblem('memory-error', error.message);
    throw error;
  }
}
