/** What the gateway asks of egress and tells it (protocol/egress). */
import { checked } from '@mobyclaw/lib/checked';
import { readAddress, testAddress } from '@mobyclaw/lib/egress-rules/test-address';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import {
  askAnswerSchema,
  type CallSums,
  doorVerdictSchema,
  type EgressStatus,
  egressBudgetSchema,
  runningTurnsSchema,
} from '@mobyclaw/protocol/egress';
import type { HostRule } from '@mobyclaw/protocol/egress-rules';
import type { EgressLog, EgressTest } from '@mobyclaw/protocol/egress-view';
import * as z from 'zod';
import type { AuditLog } from '../door/audit-log.ts';
import type { EventLog } from '../events/event-log.ts';
import type { CallBudget } from '../ledger/budget.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Gate } from '../rules/gate.ts';
import type { RulesFile } from '../rules/rules-file.ts';
import type { RunningTurns } from '../turns/running-turns.ts';
import type { ControlRoute } from './control-server.ts';

export interface ControlParts {
  version: string;
  turns: RunningTurns;
  budget: CallBudget;
  ledger: Ledger;
  events: EventLog;
  gate: Gate;
  rules: RulesFile;
  registries: () => readonly HostRule[];
  audit: AuditLog;
  /** Fingerprint of the certificate that Moby trusts. */
  authority: string;
}

const logQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  before: z.coerce.number().int().positive().optional(),
  refused: z.stringbool().default(false),
  verdict: doorVerdictSchema.optional(),
  host: z.string().optional(),
  turn: z.string().optional(),
});

const callsQuerySchema = z.object({ since: z.iso.datetime() });

export function controlRoutes(parts: ControlParts): ControlRoute[] {
  const { version, turns, budget, ledger, events, gate, rules, registries, audit, authority } = parts;
  const ok = { ok: true };
  return [
    {
      method: 'GET',
      path: '/status',
      answer(): EgressStatus {
        const { rules: inForce, problem } = rules.now;
        return { version, mode: inForce.mode, ...(problem ? { problem } : {}), caps: budget.caps, authority };
      },
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
        gate.turnsChanged();
        return ok;
      },
    },
    {
      method: 'POST',
      path: '/asks/',
      answer({ rest, body }) {
        if (gate.answer(rest, checked(askAnswerSchema, body))) return ok;
        throw new HttpProblem('not-found', 'Nothing waits for this answer any more.');
      },
    },
    {
      method: 'GET',
      path: '/log',
      answer({ query }): EgressLog {
        const { limit, ...wanted } = checked(logQuerySchema, Object.fromEntries(query));
        const items = audit.rows({ ...wanted, limit });
        return { items, before: items.length < limit ? null : (items.at(-1)?.id ?? null) };
      },
    },
    {
      method: 'GET',
      path: '/calls',
      answer({ query }): CallSums {
        const { since } = checked(callsQuerySchema, Object.fromEntries(query));
        const running = turns.all.map(({ turn }) => turn);
        return ledger.sums(Date.parse(since), running);
      },
    },
    {
      method: 'GET',
      path: '/test',
      answer({ query }): EgressTest {
        const address = readAddress(query.get('url') ?? '');
        if (address) return testAddress(rules.now.rules, address, registries());
        throw new HttpProblem('validation-failed', 'This names no host that could be let through.');
      },
    },
    {
      method: 'POST',
      path: '/reload',
      answer: () => ({ ok: rules.now.problem === null }),
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
