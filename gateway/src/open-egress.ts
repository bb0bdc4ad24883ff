/** The gateway's side of the way out, put together: what egress is told and asks, and what the owner sees of it. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { GatewayConfig } from './config/config.ts';
import { EgressClient } from './egress/egress-client.ts';
import { EgressService } from './egress/egress-service.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { PartClient } from './parts/part-client.ts';
import { HostQuestions } from './questions/host-questions.ts';
import type { Questions } from './questions/questions.ts';
import type { Store } from './store/store.ts';
import type { TurnRow } from './store/turn-store.ts';
import { TurnTeller } from './turns/turn-teller.ts';
import type { NotifyOwner } from './unasked/ports.ts';

export interface OpenEgressOptions {
  config: Pick<GatewayConfig, 'egressUrl' | 'egressToken'>;
  store: Store;
  questions: Questions;
  memory: PartClient | null;
  metrics: Metrics;
  timeoutMs: (turn: Pick<TurnRow, 'source'>) => number;
  notify: NotifyOwner;
  /** What views show has changed. */
  onChange: () => void;
  clock: Clock;
  logger: Logger;
}

export interface Egress {
  /** Null where this installation has none. */
  readonly client: EgressClient | null;
  readonly service: EgressService;
  begins(turn: TurnRow, capability: string): void;
  ended(turn: string): void;
  start(): void;
  stop(): Promise<void>;
}

export function openEgress(options: OpenEgressOptions): Egress {
  const { config, store, questions, memory, metrics, timeoutMs, notify, onChange, clock, logger } = options;
  const { egressUrl: url, egressToken: token } = config;
  const client = url && token ? new EgressClient({ url, token, clock, logger }) : null;
  const hosts =
    client &&
    new HostQuestions({
      store,
      questions,
      answerDoor: async (ask, answer) => {
        if (!client.isUp) return false;
        const told = await client.request('POST', `/asks/${encodeURIComponent(ask)}`, answer);
        return told === null || (told.status !== 200 && told.status !== 404) ? null : told.status === 200;
      },
      timeoutMs,
      onGrants: () => teller?.tell(),
      clock,
      logger,
    });
  const teller =
    client && hosts && new TurnTeller({ egress: client, grants: (turn) => hosts.grants(turn), clock });
  const startedAt = clock.now();
  // What came before is told again, and was counted by another process.
  client?.on('door', (row) => Date.parse(row.at) >= startedAt && metrics.passed(row));
  client?.on('ask', (ask) => hosts?.asked(ask));
  const open = () => store.questions.open().filter(({ kind }) => kind === 'host');
  const service = new EgressService({ memory, egress: client, open, notify, onChange, clock, logger });
  return {
    client,
    service,
    begins: (turn, capability) => teller?.begins(turn, capability),
    ended: (turn) => teller?.ended(turn),
    start() {
      client?.start();
      hosts?.start();
      service.start();
    },
    async stop() {
      await service.stop();
      await client?.stop();
      await hosts?.stop();
    },
  };
}
