/** How Moby is, what he costs, and a pause of his turns. */
import { logsViewSchema, partsViewSchema } from '@mobyclaw/protocol/part';
import { pauseRequestSchema, pauseViewSchema } from '@mobyclaw/protocol/pause';
import { statusSchema } from '@mobyclaw/protocol/status';
import { storageSchema } from '@mobyclaw/protocol/storage';
import { dailyUsageSchema, usageReportSchema } from '@mobyclaw/protocol/usage';
import type { Operation } from './operation.ts';

export const UPKEEP: readonly Operation[] = [
  { method: 'get', path: '/api/status', summary: 'How Moby is', answer: statusSchema },
  { method: 'get', path: '/api/usage', summary: 'Tokens and cost; ?days=', answer: usageReportSchema },
  {
    method: 'get',
    path: '/api/storage',
    summary: 'What the database holds, and how it grows',
    answer: storageSchema,
  },
  {
    method: 'get',
    path: '/api/usage/days',
    summary: 'The same day by day, with what the month will come to; ?days=',
    answer: dailyUsageSchema,
  },
  {
    method: 'get',
    path: '/api/parts',
    summary: 'The parts, their versions and states, as far as the gateway sees them',
    answer: partsViewSchema,
  },
  {
    method: 'get',
    path: '/api/logs',
    summary: 'What ?part= (gateway) logs; the last lines, or those ?after= the `next` of the answer before',
    answer: logsViewSchema,
  },
  {
    method: 'get',
    path: '/api/logs/stream',
    summary: 'The same, and what comes: a block each time, whose id is for Last-Event-ID or ?after=',
    answer: logsViewSchema,
    stream: true,
  },
  { method: 'post', path: '/api/usage/lift', summary: 'Let Moby go on for the day, beyond his budget' },
  {
    method: 'post',
    path: '/api/pause',
    summary: 'Let no turn begin for some seconds; ask again to go on',
    body: pauseRequestSchema,
    answer: pauseViewSchema,
  },
  { method: 'delete', path: '/api/pause', summary: 'Let turns begin again', status: 204 },
];
