/** `/api/jobs`: schedules and the record of their runs. Looking at them changes nothing. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { jobChangeSchema, jobPreviewRequestSchema, jobRequestSchema } from '@mobyclaw/protocol/job';
import { Router } from 'express';
import * as z from 'zod';
import { ScheduleError } from '../../calendar/schedule-error.ts';
import { JobBusyError } from '../../scheduler/job-service.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

const historyQuery = z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) });

const listQuery = z.object({ all: z.stringbool().default(false) });

export function jobRoutes({ jobs }: HttpServices): Router {
  const router = Router();

  router.get('/api/jobs', (request, response) => {
    const { all } = validate(listQuery, request.query);
    response.json({ items: jobs.list({ all }) });
  });

  router.post('/api/jobs', async (request, response) => {
    const wanted = validate(jobRequestSchema, request.body);
    response.status(201).json(await sensible(() => jobs.create(wanted, null)));
  });

  router.get('/api/jobs/preview', async (request, response) => {
    const wanted = validate(jobPreviewRequestSchema, request.query);
    response.json(await sensible(() => jobs.preview(wanted)));
  });

  router.get('/api/jobs/:id', async (request, response) => {
    response.json((await jobs.view(request.params.id)) ?? notFound(request.params.id));
  });

  router.patch('/api/jobs/:id', async (request, response) => {
    const change = validate(jobChangeSchema, request.body);
    const job = await sensible(() => jobs.change(request.params.id, change));
    response.json(job ?? notFound(request.params.id));
  });

  router.delete('/api/jobs/:id', (request, response) => {
    if (!jobs.delete(request.params.id)) notFound(request.params.id);
    response.status(204).end();
  });

  router.post('/api/jobs/:id/run', async (request, response) => {
    const run = await sensible(async () => jobs.runNow(request.params.id));
    response.status(202).json(run ?? notFound(request.params.id));
  });

  router.get('/api/jobs/:id/runs', (request, response) => {
    const { limit } = validate(historyQuery, request.query);
    response.json({ items: jobs.history(request.params.id, limit) ?? notFound(request.params.id) });
  });

  return router;
}

async function sensible<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ScheduleError) {
      const errors = [{ path: error.field, message: error.message }];
      throw new HttpProblem('validation-failed', error.message, { errors });
    }
    if (error instanceof JobBusyError) throw new HttpProblem('conflict', error.message);
    throw error;
  }
}

function notFound(id: string): never {
  throw new HttpProblem(
    'not-found',
    `There is no schedule ${id}. "mobyclaw cron list" shows those there are.`,
  );
}
