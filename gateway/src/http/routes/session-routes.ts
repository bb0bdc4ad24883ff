/** `/api/sessions`: conversations, their messages, reset and stop; `/api/history`: search over all of them. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { type SessionView, sessionChangeSchema } from '@mobyclaw/protocol/session';
import { dayRange } from '@mobyclaw/recall/time-words';
import { Router } from 'express';
import * as z from 'zod';
import { AgentError } from '../../agent/agent-error.ts';
import type { SessionRow } from '../../store/session-store.ts';
import type { HttpServices } from '../http-services.ts';
import { toHit, toMessageViews, toSessionView } from '../session-views.ts';
import { validate } from '../validate.ts';

const sessionsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  offset: z.coerce.number().int().min(0).default(0),
});
const messagesQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  before: z.coerce.number().int().positive().optional().describe('messages with a smaller id'),
  after: z.coerce.number().int().min(0).optional().describe('messages with a larger id'),
  orEmpty: z
    .stringbool()
    .default(false)
    .describe('a conversation in which nothing was said yet has no messages, instead of not being there'),
  from: z.coerce
    .number()
    .int()
    .positive()
    .optional()
    .describe('the oldest from this id on, instead of the newest'),
});
const words = z.string().trim().min(1, 'what to search for is missing: ?q=').max(500);
const day = z.iso.date('must be a day, YYYY-MM-DD').optional();
const searchQuery = z.object({
  q: z.preprocess((given) => (Array.isArray(given) ? given : [given ?? '']), z.array(words).min(1).max(5)),
  session: z.string().min(1).max(200).optional(),
  from: day,
  to: day,
  limit: z.coerce.number().int().min(1).max(200).default(20),
});
const resetBody = z.strictObject({ carry: z.boolean().default(true) }).default({ carry: true });

export function sessionRoutes(services: HttpServices): Router {
  const { store, history, turns, resets, clock } = services;
  const router = Router();

  router.get('/api/sessions', (request, response) => {
    const { limit, offset } = validate(sessionsQuery, request.query);
    response.json({ items: store.sessions.list(limit, offset).map(toView) });
  });

  router.get('/api/sessions/:key', (request, response) => {
    const session = find(request.params.key);
    response.json({ ...toView(session), spent: store.usage.ofSession(session.key) });
  });

  router.get('/api/models', async (_request, response) => {
    const { names, own, perRun } = await asked(services.models.list());
    response.json({ items: names, own, choosable: perRun });
  });

  router.patch('/api/sessions/:key', async (request, response) => {
    const { queueMode, title, model } = validate(sessionChangeSchema, request.body);
    const { key } = find(request.params.key);
    const refusal = model === undefined ? null : await asked(services.models.choose(key, model, clock.now()));
    if (refusal !== null) throw new HttpProblem('validation-failed', refusal);
    store.transaction('durable', () => {
      if (queueMode !== undefined) store.sessions.setQueueMode(key, queueMode);
      if (title !== undefined) store.sessions.setTitle(key, title || null);
    });
    response.json(toView(find(key)));
  });

  router.get('/api/sessions/:key/messages', (request, response) => {
    const { limit, before, after, from, orEmpty } = validate(messagesQuery, request.query);
    if (orEmpty && !store.sessions.find(request.params.key)) {
      response.json({ items: [] });
      return;
    }
    const { key } = find(request.params.key);
    const rows =
      from !== undefined
        ? store.messages.from(key, from, limit)
        : store.messages.recent(key, limit, {
            ...(before === undefined ? {} : { before }),
            ...(after === undefined ? {} : { after }),
          });
    response.json({ items: toMessageViews(store, rows) });
  });

  router.post('/api/sessions/:key/reset', (request, response) => {
    const { carry } = validate(resetBody, request.body);
    const { key } = find(request.params.key);
    resets.reset(key, carry, clock.now());
    response.json(toView(find(key)));
  });

  router.post('/api/sessions/:key/stop', (request, response) => {
    response.json(turns.stopSession(find(request.params.key).key));
  });

  router.get('/api/history/search', async (request, response) => {
    const { q, limit, session, from, to } = validate(searchQuery, request.query);
    const { hits, missing, byWordsAlone } = await history.search({
      phrasings: q,
      limit,
      session: session ?? null,
      within: dayRange(from, to),
      now: clock.now(),
    });
    response.json({
      items: hits.map(toHit),
      ...(missing === 0 ? {} : { missing }),
      ...(byWordsAlone && { byWordsAlone }),
    });
  });

  return router;

  function find(key: string): SessionRow {
    const session = store.sessions.find(key);
    if (!session) throw new HttpProblem('not-found', `There is no conversation ${key}.`);
    return session;
  }

  function toView(session: SessionRow): SessionView {
    return toSessionView(services, session);
  }
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AgentError)
      throw new HttpProblem('agent-error', error.message, { code: error.code });
    throw error;
  }
}
