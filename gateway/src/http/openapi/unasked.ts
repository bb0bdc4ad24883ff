/** What makes Moby act by himself: schedules, webhooks and the heartbeat. */
import { beatViewSchema, heartbeatViewSchema } from '@mobyclaw/protocol/heartbeat';
import {
  hookDetailSchema,
  hookReceptionSchema,
  hookRequestSchema,
  hookViewSchema,
} from '@mobyclaw/protocol/hook';
import {
  jobChangeSchema,
  jobPreviewSchema,
  jobRequestSchema,
  jobViewSchema,
  runViewSchema,
} from '@mobyclaw/protocol/job';
import * as z from 'zod';
import { items, type Operation } from './operation.ts';

export const UNASKED: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/jobs',
    summary: 'Schedules; those that have finished, which are kept for 30 days, with ?all=true',
    answer: items(jobViewSchema),
  },
  {
    method: 'post',
    path: '/api/jobs',
    summary: 'Schedule something; answers with the next three times',
    body: jobRequestSchema,
    answer: jobViewSchema,
    status: 201,
  },
  {
    method: 'get',
    path: '/api/jobs/preview',
    summary:
      'The next five times of a schedule that is not made yet; one of ?at= ?every= (?start=) ?cron=, ?timeZone= ?until= ?count=',
    answer: jobPreviewSchema,
  },
  { method: 'get', path: '/api/jobs/{id}', summary: 'A schedule', answer: jobViewSchema },
  {
    method: 'patch',
    path: '/api/jobs/{id}',
    summary: 'Change a schedule; what is left out stays, null removes',
    body: jobChangeSchema,
    answer: jobViewSchema,
  },
  { method: 'delete', path: '/api/jobs/{id}', summary: 'Remove a schedule with its record', status: 204 },
  {
    method: 'post',
    path: '/api/jobs/{id}/run',
    summary: 'Run it now, besides its schedule',
    answer: runViewSchema,
    status: 202,
  },
  {
    method: 'get',
    path: '/api/jobs/{id}/runs',
    summary: 'Its runs, newest first; ?limit=',
    answer: items(runViewSchema),
  },
  { method: 'get', path: '/api/hooks', summary: 'Webhooks', answer: items(hookViewSchema) },
  {
    method: 'post',
    path: '/api/hooks',
    summary: 'Make a webhook; its secret is shown once',
    body: hookRequestSchema,
    answer: hookViewSchema,
    status: 201,
  },
  {
    method: 'get',
    path: '/api/hooks/{name}',
    summary: 'A webhook with its last deliveries',
    answer: hookDetailSchema,
  },
  { method: 'delete', path: '/api/hooks/{name}', summary: 'Close a webhook', status: 204 },
  {
    method: 'post',
    path: '/api/hooks/{name}/test',
    summary: 'Run a webhook with a payload of your own',
    body: z.object({ payload: z.unknown() }),
    answer: z.object({ turn: z.string() }),
    status: 202,
  },
  {
    method: 'post',
    path: '/hooks/{name}',
    summary: 'A delivery of another program, which proves itself as the webhook asks',
    answer: hookReceptionSchema,
    status: 202,
    open: true,
  },
  {
    method: 'get',
    path: '/api/heartbeat',
    summary: 'The heartbeat and its last beats; ?limit=',
    answer: heartbeatViewSchema,
  },
  {
    method: 'post',
    path: '/api/heartbeat/run',
    summary: 'One heartbeat now',
    answer: beatViewSchema,
    status: 202,
  },
];
