/** What Moby does by himself, put together: schedules and the heartbeat, on the turns and channels of the gateway. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { heartbeatFilesSchema } from '@mobyclaw/protocol/heartbeat';
import type { Budget } from './budget/budget.ts';
import { type Calendar, loadCalendar } from './calendar/calendar.ts';
import { enabledPlatforms } from './config/channels-config.ts';
import type { GatewayConfig } from './config/config.ts';
import { Heartbeat } from './heartbeat/heartbeat.ts';
import { HeartbeatService } from './heartbeat/heartbeat-service.ts';
import type { Messaging } from './messaging/messaging.ts';
import type { PartClient } from './parts/part-client.ts';
import { JobEngine } from './scheduler/job-engine.ts';
import { JobService } from './scheduler/job-service.ts';
import type { Store } from './store/store.ts';
import type { ConversationReset } from './turns/conversation-reset.ts';
import { turnPrompts } from './turns/turn-prompts.ts';
import type { TurnService } from './turns/turn-service.ts';
import { type OwnerDelivery, ownerDelivery } from './unasked/owner-delivery.ts';

export interface BackgroundOptions {
  config: Pick<GatewayConfig, 'timeZone' | 'heartbeat' | 'ownerChannel' | 'channels'>;
  store: Store;
  turns: TurnService;
  resets: ConversationReset;
  /** Null where no channel is enabled. */
  messaging: () => Messaging | null;
  /** Null where no cap is set. */
  budget: Pick<Budget, 'refresh' | 'refusal' | 'sendNotices'> | null;
  /** The memory server, which has HEARTBEAT.md; without it there is no heartbeat. */
  memory: PartClient | null;
  clock: Clock;
  logger: Logger;
}

export interface Background {
  readonly jobs: JobService;
  /** Loaded when first asked for. */
  readonly calendar: () => Promise<Calendar>;
  readonly heartbeat: HeartbeatService;
  /** As `OwnerDelivery` has it. */
  readonly ownerChannel: OwnerDelivery['chosen'];
  readonly notifyOwner: OwnerDelivery['notifyOwner'];
  readonly channels: OwnerDelivery['channels'];
  /** Call it once turns have been recovered and messaging is up. */
  start(): void;
  stop(): void;
}

export function createBackground(options: BackgroundOptions): Background {
  const { config, store, turns, resets, messaging, budget, memory, clock, logger } = options;
  const { timeZone, ownerChannel } = config;
  let loading: Promise<Calendar> | null = null;
  const calendar = (): Promise<Calendar> => {
    loading ??= loadCalendar();
    return loading;
  };
  const prompts = turnPrompts({ store, turns, resets, now: () => clock.now() });
  const platforms = enabledPlatforms(config.channels);
  const { chosen, ...outlet } = ownerDelivery({ store, clock, messaging, platforms, ownerChannel });
  const shared = { store, clock, logger, calendar, prompts, ...outlet };
  const engine = new JobEngine({ ...shared, timeZone });
  const jobs = new JobService({ ...shared, engine, timeZone });
  const { intervalMs, activeHours } = config.heartbeat;
  const heart =
    memory === null || intervalMs === null
      ? null
      : new Heartbeat({
          ...shared,
          timeZone,
          intervalMs,
          activeHours,
          refusal: () => heartbeatRefusal(budget),
          files: () => readFiles(memory),
        });
  const heartbeat = new HeartbeatService({ store, heart, timeZone, intervalMs, activeHours });
  return {
    jobs,
    calendar,
    heartbeat,
    ownerChannel: chosen,
    notifyOwner: outlet.notifyOwner,
    channels: outlet.channels,
    start() {
      const problem = chosen()?.problem;
      if (problem !== undefined) logger.warn({ channel: ownerChannel }, `MOBYCLAW_OWNER_CHANNEL: ${problem}`);
      engine.start();
      heart?.start();
    },
    stop() {
      engine.stop();
      heart?.stop();
    },
  };
}

async function heartbeatRefusal(budget: BackgroundOptions['budget']): Promise<string | null> {
  if (!budget) return null;
  await budget.refresh();
  const refusal = budget.refusal({ source: 'heartbeat' });
  budget.sendNotices();
  return refusal;
}

async function readFiles(memory: PartClient) {
  const answer = await memory.request('GET', '/heartbeat');
  const files = heartbeatFilesSchema.safeParse(answer?.body);
  return files.success ? files.data : null;
}
