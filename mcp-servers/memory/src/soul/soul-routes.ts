/** `/soul…` for the gateway, as protocol/control describes it. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { plainFaults, plainIssue } from '@mobyclaw/lib/plain-issue';
import type { Router } from 'express';
import * as z from 'zod';
import type { SoulPublication } from './soul-publication.ts';

const MAX_WAIT_S = 300;

const watchQuery = z.object({
  since: z.string().default(''),
  timeout: z.coerce.number().min(0).max(MAX_WAIT_S).default(25),
});
/** As lib/exact-rule makes it: one line, no globs. */
const ruleBody = z.object({
  rule: z.string().regex(/^[\w-]{1,128}(?::\w{1,128}=[^*?[\]\\\p{Cc}]{1,400})?$/u),
});
const hashBody = z.object({ hash: z.string().min(1).max(64) });

export function soulRoutes(router: Router, soul: SoulPublication): void {
  router.get('/soul', (_request, response) => {
    response.json(soul.state);
  });
  router.get('/soul/watch', async (request, response) => {
    const { since, timeout } = read(watchQuery, request.query);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const state = await soul.watch(since, timeout * 1000, gone.signal);
    if (!response.closed) response.json(state);
  });
  router.get('/soul/rules', async (_request, response) => {
    response.json(await soul.rules());
  });
  router.post('/soul/allow', async (request, response) => {
    const { rule } = read(ruleBody, request.body);
    response.json({ rule, written: await soul.allow(rule) });
  });
  router.post('/soul/publish', async (request, response) => {
    response.json(await soul.publish(read(hashBody, request.body).hash));
  });
  router.post('/soul/confirm', async (request, response) => {
    response.json(await soul.confirm(read(hashBody, request.body).hash));
  });
  router.post('/soul/restore', async (_request, response) => {
    response.json(await soul.restore());
  });
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value, { error: plainIssue });
  if (parsed.success) return parsed.data;
  throw new HttpProblem('validation-failed', `${plainFaults(parsed.error).join('; ')}.`);
}
