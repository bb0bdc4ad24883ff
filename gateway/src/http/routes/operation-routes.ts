/** Operation: `/healthz` and `/readyz` (open to all), `/api/status`, `/api/usage`, `/api/pause`, `/metrics`, `/openapi.json`. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { pauseRequestSchema } from '@mobyclaw/protocol/pause';
import type { Status } from '@mobyclaw/protocol/status';
import type { BudgetReport } from '@mobyclaw/protocol/usage';
import { Router } from 'express';
import * as z from 'zod';
import type { Budget } from '../../budget/budget.ts';
import { dailyUsage } from '../../budget/daily-usage.ts';
import { usageReport } from '../../budget/usage-report.ts';
import type { VectorState } from '../../embeddings/vector-feeder.ts';
import type { Store } from '../../store/store.ts';
import type { HttpServices } from '../http-services.ts';
import { openApiDocument } from '../openapi/document.ts';
import { toContextView } from '../session-views.ts';
import { validate } from '../validate.ts';
import { toStatusView } from './channel-routes.ts';

const DAY_MS = 86_400_000;
const MOST_CONTEXTS = 100; // conversations of the most tokens: the fullest is among them where all have one model
const usageQuery = z.object({ days: z.coerce.number().int().min(1).max(3650).default(30) });

export function healthRoutes({ turns, monitor }: HttpServices): Router {
  const router = Router();

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  router.get('/readyz', async (_request, response) => {
    if (turns.draining) {
      response.status(503).json({ status: 'draining' });
      return;
    }
    const { reachable } = await monitor.health();
    response.status(reachable ? 200 : 503).json({ status: reachable ? 'ready' : 'agent-down' });
  });

  return router;
}

async function budgetReport(budget: Budget): Promise<BudgetReport> {
  await budget.refresh();
  return budget.report();
}

export function operationRoutes(services: HttpServices): Router {
  const { store, turns, monitor, agent, soul, messaging, metrics, budget, clock, version, startedAt } =
    services;
  const { heartbeat, ownerChannel, pause, windows } = services;
  const router = Router();

  router.get('/api/status', async (_request, response) => {
    response.json(await status());
  });

  router.get('/api/usage', async (request, response) => {
    const { days } = validate(usageQuery, request.query);
    response.json(await usageReport(services, clock.now() - days * DAY_MS));
  });

  router.get('/api/storage', (_request, response) => {
    response.json(store.storage());
  });

  router.get('/api/usage/days', async (request, response) => {
    const { days } = validate(usageQuery, request.query);
    await (budget ?? services.pricing).refresh();
    response.json(
      dailyUsage({
        bySlot: (since) => store.usage.bySlot(since),
        timeZone: services.timeZone,
        now: clock.now(),
        days,
      }),
    );
  });

  router.post('/api/usage/lift', (_request, response) => {
    if (!budget) throw new HttpProblem('conflict', 'No budget is set, so there is nothing to lift.');
    response.json({ until: new Date(budget.lift().until).toISOString() });
  });

  router.post('/api/pause', (request, response) => {
    const { seconds } = validate(pauseRequestSchema, request.body);
    const until = new Date(pause.keep(seconds * 1000)).toISOString();
    response.json({ running: turns.lanes.running, until });
  });

  router.delete('/api/pause', (_request, response) => {
    pause.end();
    response.status(204).end();
  });

  router.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.render());
  });

  router.get('/openapi.json', (_request, response) => {
    response.json(openApiDocument(version));
  });

  return router;

  async function status(): Promise<Status> {
    const health = await monitor.health();
    const counts = store.turns.countByState();
    const view = soul(health.soul);
    const owner = ownerChannel();
    const fullest = windows.fullest(store.contexts.fullest(MOST_CONTEXTS));
    const state = turns.draining
      ? 'draining'
      : view.state === 'reloading'
        ? 'reloading'
        : health.reachable
          ? 'ready'
          : 'agent-down';
    return {
      version,
      startedAt: new Date(startedAt).toISOString(),
      state,
      agent: {
        reachable: health.reachable,
        engine: health.engine?.kind ?? 'unknown',
        ...(health.engine?.version ? { version: health.engine.version } : {}),
        generation: agent.generation,
        ...(health.model ? { model: health.model } : {}),
        ...(health.detail ? { detail: health.detail } : {}),
        ...(health.toolProblems.length > 0 ? { toolProblems: [...health.toolProblems] } : {}),
      },
      soul: { state: view.state, ...(view.problem === undefined ? {} : { problem: view.problem }) },
      turns: { running: counts.running ?? 0, queued: counts.queued ?? 0, limit: turns.lanes.limit },
      questions: { open: store.questions.countOpen() },
      channels: messaging()?.channels().map(toStatusView) ?? [],
      ...(owner ? { ownerChannel: owner } : {}),
      heartbeat: heartbeat.summary(),
      schedules: store.jobs.counts(),
      ...(budget ? { budget: await budgetReport(budget) } : {}),
      sessions: store.sessions.count(),
      ...(fullest ? { fullest: { session: fullest.session, ...toContextView(fullest) } } : {}),
      ...failedCompactions(store),
      ...embeddings(services.vectors()),
      store: { path: store.path, bytes: store.size() },
    };
  }
}

function embeddings(state: VectorState | null): Pick<Status, 'embeddings'> {
  if (state === null) return {};
  const { failing, ...rest } = state;
  if (failing === null) return { embeddings: rest };
  return { embeddings: { ...rest, failing: { ...failing, since: new Date(failing.since).toISOString() } } };
}

function failedCompactions(store: Store): Pick<Status, 'compactions'> {
  const failing = store.compactions.failing();
  const [last] = failing;
  if (!last) return {};
  const { session, reason, dueAt } = last;
  return {
    compactions: {
      failed: failing.length,
      session,
      reason: reason ?? 'The reason is not known.',
      nextAt: new Date(dueAt).toISOString(),
    },
  };
}
