/** `GET /why?q=` for the gateway, which asks for the owner. */
import { checked } from '@mobyclaw/lib/checked';
import type { Route } from '@mobyclaw/mcp/route';
import * as z from 'zod';
import type { MemoryStore } from '../memory-store.ts';
import type { SearchIndex } from '../search/search-index.ts';
import type { Journal } from './journal.ts';
import { why } from './why.ts';

const query = z.object({ q: z.string().trim().min(1).max(500) });

export function whyRoute(options: { store: MemoryStore; index: SearchIndex; journal: Journal }): Route {
  const { store, index, journal } = options;
  return {
    method: 'GET',
    path: '/why',
    answer: (request) =>
      why(checked(query, request.query).q, {
        index,
        journal,
        read: (name) => store.readable(name),
        today: store.today().date,
        only: null,
      }),
  };
}
