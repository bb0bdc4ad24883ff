/** What the gateway asks of egress and tells it (protocol/egress). */
import { checked } from '@mobyclaw/lib/checked';
import { type EgressStatus, egressBudgetSchema, runningTurnsSchema } from '@mobyclaw/protocol/egress';
import type { EventLog } from '../events/event-log.ts';
import type { CallBudget } from '../ledger/budget.ts';
import type { RunningTurns } from '../turns/running-turns.ts';
import type { ControlRoute } from './control-server.ts';

export interface ControlParts {
  version: string;
  turns: RunningTurns;
  budget: CallBudget;
  events: EventLog;
  /** Fingerprint of the certificate that Moby trusts. */
  authority: string;
}

export function controlRoutes({ version, turns, budget, events, authority }: ControlParts): ControlRoute[] {
  const ok = { ok: true };
  return [
    {
      method: 'GET',
      path: '/status',
      answer: (): EgressStatus => ({ version, caps: budget.caps, authority }),
    },
    {
      method: 'GET',
      path: '/events',
      answer({ headers }, response) {
        const seen = headers['last-event-id'];
        events.stream(response, typeof seen === 'string' ? seen : undefined);
      },
    },
    {
      method: 'PUT',
      path: '/turns',
      answer({ body }) {
        turns.replace(checked(runningTurnsSchema, body).turns);
        return ok;
      },
    },
    {
      method: 'PUT',
      path: '/budget',
      answer({ body }) {
        budget.replace(checked(egressBudgetSchema, body));
        return ok;
      },
    },
  ];
}
