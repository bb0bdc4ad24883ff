/** `/review…` for the gateway, which asks the model and tells the owner. */
import { checked } from '@mobyclaw/lib/checked';
import type { Route } from '@mobyclaw/mcp/route';
import { reviewRequestSchema } from '@mobyclaw/protocol/memory-review';
import * as z from 'zod';
import type { Reviews } from './reviews.ts';

const dayQuery = z.object({ day: z.iso.date() });
const toldBody = z.object({ id: z.string().min(1).max(64) });

export function reviewRoutes(reviews: Reviews): Route[] {
  return [
    {
      method: 'GET',
      path: '/review',
      answer: ({ query }) => reviews.material(checked(dayQuery, query).day),
    },
    {
      method: 'POST',
      path: '/review',
      answer({ body }) {
        const { day, steps, turn, problem } = checked(reviewRequestSchema, body);
        return reviews.apply(day, steps, { turn, problem });
      },
    },
    { method: 'GET', path: '/reviews', answer: () => reviews.list() },
    {
      method: 'POST',
      path: '/review/told',
      async answer({ body }) {
        await reviews.told(checked(toldBody, body).id);
        return {};
      },
    },
    { method: 'POST', path: '/review/undo', answer: () => reviews.undo() },
  ];
}
