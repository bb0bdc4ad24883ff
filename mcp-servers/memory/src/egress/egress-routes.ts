/** `/egress…` for the gateway: the owner's egress.yaml, as protocol/egress-rules describes it. */
import { checked } from '@mobyclaw/lib/checked';
import type { Route } from '@mobyclaw/mcp/route';
import { egressEditSchema } from '@mobyclaw/protocol/egress-rules';
import * as z from 'zod';
import type { EgressPublication } from './egress-publication.ts';

const MAX_WAIT_S = 300;

const watchQuery = z.object({
  since: z.string().max(64).default(''),
  timeout: z.coerce.number().min(0).max(MAX_WAIT_S).default(25),
});

export function egressRoutes(egress: EgressPublication): Route[] {
  return [
    { method: 'GET', path: '/egress', answer: () => egress.state },
    {
      method: 'GET',
      path: '/egress/watch',
      answer({ query, gone }) {
        const { since, timeout } = checked(watchQuery, query);
        return egress.watch(since, timeout * 1000, gone);
      },
    },
    {
      method: 'POST',
      path: '/egress/edit',
      async answer({ body }) {
        const written = await egress.edit(checked(egressEditSchema, body));
        return { written, ...egress.state };
      },
    },
  ];
}
