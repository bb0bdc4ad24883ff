/** What only the owner may decide, put together: questions, how long each waits, and the rules that his answers leave in his files. */
import type { Clock } from '@mobyclaw/lib/clock';
import { exactRule } from '@mobyclaw/lib/exact-rule';
import type { Logger } from '@mobyclaw/lib/logger';
import type { GatewayConfig } from './config/config.ts';
import type { PartClient } from './parts/part-client.ts';
import { Questions, type QuestionsOptions } from './questions/questions.ts';
import { RuleWriter } from './questions/rule-writer.ts';
import type { Store } from './store/store.ts';
import type { TurnRow } from './store/turn-store.ts';
import { askerOf } from './turns/capabilities.ts';

export interface OpenQuestionsOptions {
  config: Pick<GatewayConfig, 'askTimeoutMs' | 'timeZone'>;
  store: Store;
  /** The memory server, where there is one: it has the files that rules are written into. */
  memory: PartClient | null;
  metrics: QuestionsOptions['metrics'];
  emit: QuestionsOptions['emit'];
  clock: Clock;
  logger: Logger;
}

export interface Asking {
  readonly questions: Questions;
  /** How long a question of that turn waits, in milliseconds. */
  readonly timeoutMs: (turn: Pick<TurnRow, 'source'>) => number;
  start(): void;
  stop(): Promise<void>;
}

export function openQuestions(options: OpenQuestionsOptions): Asking {
  const { config, store, memory, metrics, emit, clock, logger } = options;
  const { asked, unasked } = config.askTimeoutMs;
  const timeoutMs: Asking['timeoutMs'] = ({ source }) =>
    source === 'cron' || source === 'heartbeat' ? unasked : asked;
  const questions = new Questions({
    store,
    clock,
    logger,
    metrics,
    timeZone: config.timeZone,
    timeoutMs,
    askerOf,
    emit,
    ruleFor: memory === null ? () => null : exactRule,
    onRuleDue: () => ruleWriter?.wake(),
  });
  const ruleWriter =
    memory &&
    new RuleWriter({
      memory,
      store,
      done: (row, problem) => questions.ruleDone(row, problem),
      clock,
      logger,
    });
  return {
    questions,
    timeoutMs,
    start() {
      questions.start();
      ruleWriter?.start();
    },
    async stop() {
      questions.stop();
      await ruleWriter?.stop();
    },
  };
}
