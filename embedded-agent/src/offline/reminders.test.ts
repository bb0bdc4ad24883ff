import { expect, it } from 'vitest';
import { readTime, spanMs } from './reminders.ts';
import { nextReply } from './reply.ts';

const NOW = new Date(2026, 0, 15, 12, 0).getTime();

it('reads times as people say them', () => {
  expect(readTime('in 10 minutes', NOW)).toEqual({ kind: 'in', text: '10m' });
  expect(readTime('in an hour', NOW)).toEqual({ kind: 'in', text: '1h' });
  expect(readTime('every 2 days', NOW)).toEqual({ kind: 'every', text: '2d' });
  expect(readTime('at 17:30', NOW)).toEqual({
    kind: 'at',
    text: new Date(2026, 0, 15, 17, 30).toISOString(),
  });
  expect(readTime('at 9 am', NOW)).toEqual({ kind: 'at', text: new Date(2026, 0, 16, 9).toISOString() });
  expect(readTime('tomorrow at 8', NOW)).toEqual({
    kind: 'at',
    text: new Date(2026, 0, 16, 8).toISOString(),
  });
  expect(readTime('on the day after', NOW)).toBeNull();
  expect(spanMs('10m')).toBe(600_000);
});

it('fills in what the schedule tool takes', () => {
  const tool = (names: string[]) => ({
    type: 'function' as const,
    name: 'schedule_create',
    inputSchema: {
      type: 'object' as const,
      properties: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    },
  });
  const conversation = { message: 'Remind me in 10 minutes to call Bea', answers: [], first: false };
  expect(nextReply(conversation, new Map([['schedule_create', tool(['message', 'at'])]]), NOW)).toEqual({
    tool: 'schedule_create',
    input: { message: 'Call Bea.', at: new Date(NOW + 600_000).toISOString() },
  });
  expect(
    nextReply(conversation, new Map([['schedule_create', tool(['name', 'message', 'in'])]]), NOW),
  ).toEqual({
    tool: 'schedule_create',
    input: { name: 'call Bea', message: 'Call Bea.', in: '10m' },
  });
});
