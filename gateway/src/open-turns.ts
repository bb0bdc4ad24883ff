/** Turns, put together: taken in, run one at a time in their conversations, ended, and cleaned up after. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { AgentErrorCode } from './agent/agent-error.ts';
import type { GatewayConfig } from './config/config.ts';
import type { PartClient } from './parts/part-client.ts';
import { ownerRules } from './questions/owner-rules.ts';
import { UnaskedRecall } from './recall/unasked-recall.ts';
import type { TurnRow } from './store/turn-store.ts';
import { AgentSessionCleanup } from './turns/agent-session-cleanup.ts';
import type { ReplyRecorder } from './turns/reply-recorder.ts';
import { Steering } from './turns/steering.ts';
import { TurnFinisher } from './turns/turn-finisher.ts';
import { TurnRunner, type TurnRunnerOptions } from './turns/turn-runner.ts';
import { TurnService } from './turns/turn-service.ts';
import type { NotifyOwner } from './unasked/ports.ts';

/** What is made here of the rest, and so not handed in. */
type Made = 'finisher' | 'recall' | 'rules' | 'waits' | 'lease' | 'onSessionFree' | 'timeZone' | 'steering';

export interface OpenTurnsOptions extends Omit<TurnRunnerOptions, Made> {
  config: Pick<GatewayConfig, 'timeZone' | 'recallsUnasked' | 'maxTurns' | 'queueLimit' | 'queueMode'>;
  /** The memory server, where there is one. */
  memory: PartClient | null;
  replies: ReplyRecorder;
  /** A turn was run; it has ended unless the gateway is stopping. */
  onRun: (turn: TurnRow) => void;
  notify: NotifyOwner;
  clock: Clock;
  logger: Logger;
}

export function openTurns(options: OpenTurnsOptions): { turns: TurnService; cleanup: AgentSessionCleanup } {
  const { config, memory, replies, onRun, notify, ...shared } = options;
  const { store, events, agent, questions, metrics, clock, logger } = shared;
  const { timeZone, recallsUnasked: isOn, maxTurns, queueLimit, queueMode } = config;
  const lease = uuidv7();
  const finisher = new TurnFinisher({ store, events, metrics, replies, questions, clock, logger });
  const steering = new Steering({ store, agent, events, clock, logger, timeZone });
  const runner = new TurnRunner({
    ...shared,
    steering,
    recall: new UnaskedRecall({ store, memory, isOn, clock, timeZone, logger }),
    finisher,
    rules: ownerRules(memory),
    waits: (turn) => turns.lanes.waits(turn.session, turn.id),
    timeZone,
    lease,
    onSessionFree: () => void cleanup.poke(),
  });
  const inUse = (): ReadonlySet<string> => runner.agentSessionsInUse;
  const cleanup = new AgentSessionCleanup({ store, agent, inUse, clock, logger });
  /** Whoever asked is told with the turn; the owner hears of it in any case. */
  const tellOfUngranted = async ({ id, session, error }: TurnRow): Promise<void> => {
    const text = `In ${session}: ${error?.message ?? ''}`;
    await notify(text, `not-granted:${id}`).catch((cause: unknown) => {
      logger.error(
        { err: cause, turn: id },
        'the owner could not be told that a tool ran otherwise than allowed',
      );
    });
  };
  const turns = new TurnService({
    store,
    events,
    finisher,
    runner: {
      async run(turn, signal) {
        await runner.run(turn, signal);
        onRun(turn);
        const ended = store.turns.find(turn.id);
        if (ended?.error?.code === ('not_granted' satisfies AgentErrorCode)) void tellOfUngranted(ended);
      },
    },
    clock,
    logger,
    lease,
    maxTurns,
    queueLimit,
    defaultQueueMode: queueMode,
    steering,
  });
  return { turns, cleanup };
}
