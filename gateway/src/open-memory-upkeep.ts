/** What is done for the memory while nobody talks: doubts about facts are put to the owner, and at night it is looked through. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { AgentMonitor } from './agent-monitor/agent-monitor.ts';
import { isActive } from './calendar/active-hours.ts';
import type { Calendar } from './calendar/calendar.ts';
import type { GatewayConfig } from './config/config.ts';
import type { PartClient } from './parts/part-client.ts';
import { FactQuestions } from './questions/fact-questions.ts';
import type { Questions } from './questions/questions.ts';
import type { Store } from './store/store.ts';
import type { Lanes } from './turns/lanes.ts';
import type { NotifyOwner } from './unasked/ports.ts';
import { NightlyReview, type NightlyReviewOptions } from './upkeep/nightly-review.ts';

const REVIEW_SESSION = 'upkeep:memory';
const MODEL_KNOWN_MS = 30 * 86_400_000;

export interface OpenMemoryUpkeepOptions {
  config: Pick<GatewayConfig, 'heartbeat' | 'reviewAt' | 'timeZone'>;
  store: Store;
  memory: PartClient;
  questions: Questions;
  /** One call of the model with a prompt of our own. @throws AgentError */
  askAlone: (
    session: string,
    ...rest: Parameters<NightlyReviewOptions['ask']>
  ) => ReturnType<NightlyReviewOptions['ask']>;
  monitor: Pick<AgentMonitor, 'health'>;
  lanes: Pick<Lanes, 'running'>;
  /** Loaded when first asked for. */
  calendar: () => Promise<Calendar>;
  notify: NotifyOwner;
  clock: Clock;
  logger: Logger;
}

export interface MemoryUpkeep {
  start(): void;
  stop(): Promise<void>;
}

export function openMemoryUpkeep(options: OpenMemoryUpkeepOptions): MemoryUpkeep {
  const { config, store, memory, questions, askAlone, monitor, lanes, calendar, notify, clock, logger } =
    options;
  const { heartbeat, reviewAt, timeZone } = config;
  const { activeHours } = heartbeat;
  const isIdle = (): boolean => lanes.running === 0;
  const factQuestions = new FactQuestions({
    memory,
    questions,
    asked: (doubt) => store.questions.ofTurn(doubt).find(({ kind }) => kind === 'fact') ?? null,
    isQuiet: async () => {
      const zone = (await calendar()).zone(timeZone);
      return isIdle() && isActive(activeHours, clock.now(), zone);
    },
    clock,
    logger,
  });
  const lastModel = (): string | null => store.usage.byModel(clock.now() - MODEL_KNOWN_MS)[0]?.model ?? null;
  const review =
    reviewAt &&
    new NightlyReview({
      memory,
      ask: (prompt, signal) => askAlone(REVIEW_SESSION, prompt, signal),
      model: async () => (await monitor.health()).model ?? lastModel(),
      at: reviewAt,
      activeHours,
      timeZone,
      calendar,
      isIdle,
      notify,
      clock,
      logger,
    });
  return {
    start() {
      factQuestions.start();
      if (review) review.start();
    },
    async stop() {
      await factQuestions.stop();
      if (review) await review.stop();
    },
  };
}
