/** `/api/soul`: soul.yaml read, checked as it is typed, and saved; it counts from the next message on, as any edit of it. */
import {
  type SoulCheck,
  type SoulFile,
  soulCheckRequestSchema,
  soulSaveRequestSchema,
} from '@mobyclaw/protocol/soul';
import { Router } from 'express';
import { AgentError } from '../../agent/agent-error.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';
import { answered } from './memory-routes.ts';

export function soulRoutes({ memory, agent, soul, monitor }: HttpServices): Router {
  const router = Router();

  router.get('/api/soul', async (_request, response) => {
    const [file, health] = await Promise.all([answered(memory.soul()), monitor.health()]);
    const { state, problem } = soul(health.soul);
    const { text, version } = file;
    const answer: SoulFile = { text, version, state, ...(problem === undefined ? {} : { problem }) };
    response.json(answer);
  });

  router.get('/api/soul/default', async (_request, response) => {
    response.json(await answered(memory.defaultSoul()));
  });

  router.post('/api/soul/check', async (request, response) => {
    response.json(await check(validate(soulCheckRequestSchema, request.body).text));
  });

  router.post('/api/soul', async (request, response) => {
    const { text, version } = validate(soulSaveRequestSchema, request.body);
    const saved = await answered(memory.saveSoul(text, version));
    response.json({ text: saved.text, version: saved.version, state: 'reloading' } satisfies SoulFile);
  });

  return router;

  async function check(text: string): Promise<SoulCheck> {
    const { problem } = await answered(memory.checkSoul(text));
    if (problem) return { problems: [problem], by: 'syntax' };
    try {
      const problems = await agent.checkSoul(text);
      return problems === null ? { problems: [], by: 'syntax' } : { problems, by: 'engine' };
    } catch (error) {
      if (error instanceof AgentError) return { problems: [], by: 'syntax' };
      throw error;
    }
  }
}
