/** `/doubts` for the gateway, which asks the owner. */
import { checked } from '@mobyclaw/lib/checked';
import type { Route } from '@mobyclaw/mcp/route';
import { settleDoubtSchema } from '@mobyclaw/protocol/memory-doubt';
import type { MemoryStore } from '../memory-store.ts';
import type { Doubts } from './doubts.ts';
import { settleDoubt } from './settle-doubt.ts';

export function doubtRoutes(store: MemoryStore, doubts: Doubts): Route[] {
  return [
    { method: 'GET', path: '/doubts', answer: () => doubts.list() },
    {
      method: 'POST',
      path: '/doubts/settle',
      async answer({ body }) {
        const { id, choice } = checked(settleDoubtSchema, body);
        const doubt = (await doubts.list()).find((one) => one.id === id);
        const problem = doubt ? await settleDoubt(store, doubt, choice) : null;
        await doubts.remove(id);
        return { problem };
      },
    },
  ];
}
