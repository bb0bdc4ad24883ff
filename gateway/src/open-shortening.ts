/** Making conversations shorter, put together on the turns and the agent of the gateway. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { AgentClient } from './agent/agent.ts';
import type { Budget } from './budget/budget.ts';
import type { Pricing } from './budget/pricing.ts';
import { Compactor, type UpkeepLanes } from './compaction/compactor.ts';
import { Flush } from './compaction/flush.ts';
import type { Gauge } from './compaction/gauge.ts';
import { type HiddenAnswer, HiddenTurns } from './compaction/hidden-turns.ts';
import { Planner } from './compaction/planner.ts';
import { SessionFlush } from './compaction/session-flush.ts';
import { Shortening } from './compaction/shortening.ts';
import { SideSessions } from './compaction/side-sessions.ts';
import { NO_TOOLS, Summaries } from './compaction/summary.ts';
import { Upkeeper } from './compaction/upkeeper.ts';
import type { Windows } from './compaction/windows.ts';
import type { GatewayConfig } from './config/config.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Store } from './store/store.ts';
import { askerOf, type Capabilities } from './turns/capabilities.ts';

export interface OpenShorteningOptions {
  config: Pick<GatewayConfig, 'compactAt' | 'timeZone'>;
  store: Store;
  agent: AgentClient;
  windows: Windows;
  gauge: Gauge;
  capabilities: Capabilities;
  /** Null where no cap is set. */
  budget: Budget | null;
  pricing: Pricing;
  metrics: () => Metrics;
  lanes: () => UpkeepLanes;
  agentSessionsInUse: Set<string>;
  /** A hidden turn has ended. */
  onEnded: (turn: string) => void;
  /** Agent sessions can be deleted. */
  onFree: () => void;
  clock: Clock;
  logger: Logger;
}

export function openShortening(options: OpenShorteningOptions): {
  shortening: Shortening;
  compactor: Compactor;
  /** One call of the model with a prompt of our own, without tools and in an agent session of its own. @throws AgentError */
  askAlone: (session: string, prompt: string, signal: AbortSignal) => Promise<HiddenAnswer>;
} {
  const { config, store, agent, windows, gauge, capabilities, clock, logger } = options;
  const { budget, pricing, onEnded, onFree, agentSessionsInUse: inUse, metrics, lanes } = options;
  const planner = new Planner({ store, windows, compactAt: config.compactAt });
  const upkeep = new Upkeeper({ store, planner, clock, timeZone: config.timeZone });
  const issue: Capabilities['issue'] = (turn, run, kind) => capabilities.issue(turn, run, kind);
  const hidden = new HiddenTurns({ store, agent, issue, budget, pricing, onEnded, clock, logger });
  const sessions = new SideSessions({ store, agent, inUse, onFree });
  const flush = new Flush({ upkeep, hidden, sessions, askerOf });
  const summaries = new Summaries({ upkeep, hidden, sessions, askerOf });
  const shared = { store, planner, clock, logger };
  const sessionFlush = new SessionFlush({ store, agent, flush, sessions, gauge, logger });
  const toWork = { flush, sessionFlush, summaries, hidden, sessions, lanes, metrics };
  const compactor = new Compactor({ ...shared, ...toWork });
  return {
    compactor,
    shortening: new Shortening({ store, planner, clock, compactor, sessionFlush }),
    askAlone: (session, prompt, signal) =>
      sessions.with(session, NO_TOOLS, (agentSession) =>
        hidden.ask({
          session,
          agentSession,
          agentName: null,
          asker: 'owner',
          upkeep: 'nothing',
          text: () => prompt,
          signal,
        }),
      ),
  };
}
