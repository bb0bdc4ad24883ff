/** `/api/memory`: the owner's memory files, read and edited, their versions, the search, where what stands there comes from, what the nightly look did. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { ownerFileSaveSchema } from '@mobyclaw/protocol/memory-file';
import { Router } from 'express';
import * as z from 'zod';
import { MemoryAwayError } from '../../parts/owner-memory.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

const whyQuery = z.object({ q: z.string().trim().min(1, 'what it is about is missing: ?q=').max(500) });
const nameQuery = z.object({ name: z.string().min(1, 'the file is missing: ?name=').max(200) });
const versionQuery = nameQuery.extend({
  at: z.iso.datetime('write the time of the version, as listed: ?at='),
});
const searchQuery = z.object({
  q: z.string().trim().min(1, 'the words are missing: ?q=').max(500),
  from: z.iso.date('write YYYY-MM-DD').exactOptional(),
  to: z.iso.date('write YYYY-MM-DD').exactOptional(),
  limit: z.coerce.number().int().min(1).max(100).default(30).transform(String),
});

export function memoryRoutes({ memory, live, store }: HttpServices): Router {
  const router = Router();

  router.get('/api/memory/files', async (_request, response) => {
    response.json(await answered(memory.files()));
  });

  router.get('/api/memory/file', async (request, response) => {
    response.json(await answered(memory.file(validate(nameQuery, request.query).name)));
  });

  router.post('/api/memory/file', async (request, response) => {
    const saved = await answered(memory.save(validate(ownerFileSaveSchema, request.body)));
    live.changed('memory');
    response.json(saved);
  });

  router.get('/api/memory/versions', async (request, response) => {
    response.json(await answered(memory.versions(validate(nameQuery, request.query).name)));
  });

  router.get('/api/memory/version', async (request, response) => {
    const { name, at } = validate(versionQuery, request.query);
    response.json(await answered(memory.version(name, at)));
  });

  router.get('/api/memory/search', async (request, response) => {
    const { items, ...rest } = await answered(memory.search(validate(searchQuery, request.query)));
    const titled = items.map((hit) => {
      const title = hit.session === undefined ? null : (store.sessions.find(hit.session)?.title ?? null);
      return title === null ? hit : { ...hit, title };
    });
    response.json({ items: titled, ...rest });
  });

  router.get('/api/memory/why', async (request, response) => {
    response.json(await answered(memory.why(validate(whyQuery, request.query).q)));
  });

  router.get('/api/memory/changes', async (_request, response) => {
    response.json({ items: await answered(memory.changes()) });
  });

  router.post('/api/memory/undo', async (_request, response) => {
    response.json(await answered(memory.undo()));
  });

  return router;
}

export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof MemoryAwayError) throw new HttpProblem('memory-error', error.message);
    throw error;
  }
}
