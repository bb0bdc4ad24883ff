/** What the routes need of the gateway. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { PartsView } from '@mobyclaw/protocol/part';
import type { QueueMode } from '@mobyclaw/protocol/prompt';
import type { AgentClient } from '../agent/agent.ts';
import type { AgentMonitor } from '../agent-monitor/agent-monitor.ts';
import type { Budget } from '../budget/budget.ts';
import type { Pricing } from '../budget/pricing.ts';
import type { SoundCosts } from '../budget/sound-costs.ts';
import type { Commands } from '../commands/commands.ts';
import type { Windows } from '../compaction/windows.ts';
import type { TranscriptionSettings } from '../config/channels-config.ts';
import type { EgressService } from '../egress/egress-service.ts';
import type { HistorySearch } from '../embeddings/history-search.ts';
import type { VectorState } from '../embeddings/vector-feeder.ts';
import type { Forgetting } from '../forget/forgetting.ts';
import type { PartLogs } from '../health/part-logs.ts';
import type { HeartbeatService } from '../heartbeat/heartbeat-service.ts';
import type { LiveFeed } from '../live/live-feed.ts';
import type { McpEndpoint } from '../mcp/mcp-endpoint.ts';
import type { Messaging } from '../messaging/messaging.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ModelChoice } from '../models/model-choice.ts';
import type { OwnerMemory } from '../parts/owner-memory.ts';
import type { Push } from '../push/push.ts';
import type { Questions } from '../questions/questions.ts';
import type { JobService } from '../scheduler/job-service.ts';
import type { RunningSoul, SoulView } from '../soul/soul-reloader.ts';
import type { Store } from '../store/store.ts';
import type { TokenService } from '../tokens/token-service.ts';
import type { ConversationReset } from '../turns/conversation-reset.ts';
import type { TurnPause } from '../turns/turn-pause.ts';
import type { TurnService } from '../turns/turn-service.ts';
import type { OwnerDelivery } from '../unasked/owner-delivery.ts';
import type { WebhookService } from '../webhooks/webhook-service.ts';

export interface HttpServices {
  store: Store;
  history: HistorySearch;
  vectors: () => VectorState | null;
  turns: TurnService;
  pause: TurnPause;
  questions: Questions;
  tokens: TokenService;
  hooks: WebhookService;
  /** The commands of the messengers; while no messenger is enabled, those that need none. */
  commands: () => Promise<Commands>;
  /** For recordings that are sent along; null where nothing can listen to them. */
  transcription: TranscriptionSettings | null;
  soundCosts: SoundCosts;
  jobs: JobService;
  heartbeat: HeartbeatService;
  memory: OwnerMemory;
  forgetting: Forgetting;
  egress: EgressService;
  mcp: McpEndpoint;
  /** Null where no cap is set. */
  budget: Budget | null;
  pricing: Pricing;
  resets: ConversationReset;
  models: ModelChoice;
  windows: Windows;
  agent: AgentClient;
  monitor: AgentMonitor;
  soul: (running: RunningSoul | null) => SoulView;
  /** Null where no channel is enabled, and while it is being loaded. */
  messaging: () => Messaging | null;
  ownerChannel: OwnerDelivery['chosen'];
  live: LiveFeed;
  push: Push;
  /** With the page's files, as the build made them. */
  pageFolder: string;
  metrics: Metrics;
  clock: Clock;
  logger: Logger;
  allowedHosts: readonly string[];
  /** Of the owner, IANA. */
  timeZone: string;
  partStates: () => Promise<PartsView>;
  partLogs: PartLogs;
  defaultQueueMode: QueueMode;
  version: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
}
