/** The gateway as one object: opened on a data folder, listening, closed again. `main.ts` and the tests use it alike. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { openAgentDoor } from '@mobyclaw/lib/agent-door';
import type { Clock } from '@mobyclaw/lib/clock';
import { localTime } from '@mobyclaw/lib/local-time';
import type { Logger } from '@mobyclaw/lib/logger';
import type { AgentClient } from './agent/agent.ts';
import { AgentMonitor } from './agent-monitor/agent-monitor.ts';
import { createBackground } from './background.ts';
import type { Commands } from './commands/commands.ts';
import { Gauge } from './compaction/gauge.ts';
import { Windows } from './compaction/windows.ts';
import type { GatewayConfig } from './config/config.ts';
import { ForgetQuestions } from './forget/forget-questions.ts';
import { Forgetting } from './forget/forgetting.ts';
import { PartLogs } from './health/part-logs.ts';
import { partStates } from './health/part-states.ts';
import type { RecentLines } from './health/recent-lines.ts';
import { createApp } from './http/app.ts';
import { listen } from './listen.ts';
import { LiveFeed } from './live/live-feed.ts';
import { lockFolder } from './lock-folder.ts';
import { gatewayPorts } from './mcp/gateway-ports.ts';
import { McpEndpoint } from './mcp/mcp-endpoint.ts';
import type { Messaging, MessagingOptions } from './messaging/messaging.ts';
import { Metrics } from './metrics/metrics.ts';
import { ModelChoice } from './models/model-choice.ts';
import { openEgress } from './open-egress.ts';
import { openMemoryUpkeep } from './open-memory-upkeep.ts';
import { openQuestions } from './open-questions.ts';
import { openSearch } from './open-search.ts';
import { openShortening } from './open-shortening.ts';
import { openSpending } from './open-spending.ts';
import { openTurns } from './open-turns.ts';
import { OwnerMemory } from './parts/owner-memory.ts';
import { PartClient } from './parts/part-client.ts';
import { postPush } from './push/post-push.ts';
import { type PostPush, Push } from './push/push.ts';
import { SkillQuestions } from './skills/skill-questions.ts';
import { SoulReloader } from './soul/soul-reloader.ts';
import { startMessaging } from './start-messaging.ts';
import { Retention } from './store/retention.ts';
import { Store } from './store/store.ts';
import { TokenService } from './tokens/token-service.ts';
import { Capabilities } from './turns/capabilities.ts';
import { ConversationReset } from './turns/conversation-reset.ts';
import { EventLog } from './turns/event-log.ts';
import { ReplyRecorder } from './turns/reply-recorder.ts';
import { TurnPause } from './turns/turn-pause.ts';
import { HeartbeatChanges } from './unasked/heartbeat-changes.ts';
import type { NotifyOwner } from './unasked/ports.ts';
import { tellOfWalls } from './unasked/walls-notice.ts';
import { WebhookService } from './webhooks/webhook-service.ts';

const QUIET_HOURS = new Set([2, 3, 4, 5]); // of the owner's night
export const DRAIN_MS = 25_000; // within the 30 s that whoever stops us waits

export interface GatewayOptions {
  config: GatewayConfig;
  agent: AgentClient;
  clock: Clock;
  logger: Logger;
  version: string;
  /** With the page's files, as the build made them. */
  pageFolder: string;
  /** Instead of the way to the push services. */
  postPush?: PostPush;
  /** What this process logs, where it keeps some of it. */
  ownLog?: RecentLines;
  /** Largest size of the database in pages. */
  maxPages?: number;
  /** Instead of the adapters that there are. */
  loadChannel?: NonNullable<MessagingOptions['load']>;
}

export interface Gateway {
  readonly port: number;
  /** Stops taking messages in, lets turns end for up to `graceMs`, and closes everything. */
  close(graceMs?: number): Promise<void>;
}

/** @throws StartError or StoreError, whose messages say what to do */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, agent, clock, logger, version } = options;
  const lock = await lockFolder(config.folder);
  const store = new Store(join(config.folder, 'gateway.db'), {
    timeZone: config.timeZone,
    ...(options.maxPages === undefined ? {} : { maxPages: options.maxPages }),
  });
  const shared = { store, clock, logger };
  const tokens = new TokenService(store, clock, config.mcpToken);
  await tokens.prepareCliToken(config.folder);

  const notify: NotifyOwner = (text, key) => background.notifyOwner(text, key);
  const { timeZone, resetIdleMs, resetDaily, queueMode } = config;
  const supervisor = partClient(config.agentControlUrl, config.controlToken);
  const memory = partClient(config.memoryUrl, config.memoryToken);
  const egressPart = partClient(config.egressUrl, config.egressToken);
  const { pricing, soundCosts, budget, toldBudget } = await openSpending({
    config,
    ...shared,
    egress: egressPart,
    notify,
  });
  const ownerMemory = new OwnerMemory(memory, timeZone);
  const capabilities = new Capabilities({
    key: config.capabilityKey,
    store,
    clock,
    onIssued: (turn, capability) => egress.begins(turn, capability),
  });
  const monitor = new AgentMonitor({ agent, supervisor, clock });
  const tidy = (): void => void cleanup.poke();
  const windows = new Windows(store.contexts, config.contextWindow);
  const gauge = new Gauge({ ...shared, agent, windows });
  const agentSessionsInUse = new Set<string>();
  const { shortening, compactor, askAlone } = openShortening({
    config,
    ...shared,
    agent,
    windows,
    gauge,
    capabilities,
    budget,
    pricing,
    metrics: () => metrics,
    lanes: () => turns.lanes,
    agentSessionsInUse,
    onEnded: (turn) => {
      egress.ended(turn);
      void changes.check(turn);
    },
    onFree: tidy,
  });
  const resets = new ConversationReset({
    shortening,
    store,
    timeZone,
    idleMs: resetIdleMs,
    daily: resetDaily,
    onReset: tidy,
  });
  const events = new EventLog({ ...shared });
  const metrics = new Metrics({
    running: () => turns.lanes.running,
    queued: () => store.turns.countByState().queued ?? 0,
    questions: () => store.questions.countOpen(),
    fullest: () => windows.fullest(store.contexts.fullest(100))?.share ?? 0,
    clock,
  });
  const replies = new ReplyRecorder(store);
  const asking = openQuestions({
    config,
    ...shared,
    memory,
    metrics,
    emit: (turn, event) => events.append(turn, event),
  });
  const { questions } = asking;
  const egress = openEgress({
    config,
    ...shared,
    questions,
    memory,
    metrics,
    timeoutMs: asking.timeoutMs,
    notify,
    onChange: () => live.changed('egress'),
  });
  const search = openSearch({ config, store, memory, clock, logger });
  const changes = new HeartbeatChanges({ memory, notify, logger });
  const { turns, cleanup } = openTurns({
    config,
    ...shared,
    events,
    agent,
    monitor,
    gauge,
    shortening,
    agentSessionsInUse,
    memory,
    metrics,
    replies,
    capabilities,
    questions,
    budget,
    pricing,
    resets,
    onRun: (turn) => {
      egress.ended(turn.id);
      compactor.consider(turn.session);
      if (store.turns.find(turn.id)?.finishedAt !== null) void changes.check(turn.id);
    },
    notify,
  });
  const { lanes } = turns;
  const memoryUpkeep =
    memory &&
    openMemoryUpkeep({
      config,
      ...shared,
      memory,
      questions,
      askAlone,
      monitor,
      lanes,
      calendar: () => background.calendar(),
      notify,
    });
  const turnPause = new TurnPause({ lanes, clock, logger });
  const onRestarted = (): void => {
    agent.forgetEngine();
    monitor.forget();
  };
  const reloader =
    memory && supervisor
      ? new SoulReloader({
          memory,
          supervisor,
          lanes,
          onRestarted,
          onView: () => live.changed('soul'),
          clock,
          logger,
        })
      : null;
  const hooks = new WebhookService({
    store,
    clock,
    tokens,
    channels: {
      home: () => background.channels.home(),
      refusal: (channel) => background.channels.refusal(channel),
    },
    accept: (message) => turns.accept(message),
    notify,
  });
  const ports = gatewayPorts({
    store,
    history: search.history,
    turns,
    messaging: () => messaging,
    memory,
    supervisor,
    jobs: async () => background.jobs,
    questions,
    proposeForgetting: (wish, session) => forgetQuestions.propose(wish, session),
    proposeSkill: (proposed) => skillQuestions.propose(proposed),
    clock,
    timeZone,
  });
  const mcp = new McpEndpoint({ ports, capabilities, version, logger });
  const background = createBackground({
    config,
    ...shared,
    turns,
    resets,
    messaging: () => messaging,
    budget,
    memory,
  });
  const forgetting = new Forgetting({
    ...shared,
    agent,
    memory,
    supervisor,
    lanes,
    compactor,
    flushEvents: () => events.flush(),
    deleteJob: (id) => void background.jobs.delete(id),
    onRestarted,
    folder: config.folder,
    timeZone,
  });
  const forgetQuestions = new ForgetQuestions({ ...shared, questions, forgetting });
  const skillQuestions = new SkillQuestions({ ...shared, questions, memory: ownerMemory });
  const retention = new Retention({
    ...shared,
    keepMs: config.keepMs,
    isQuiet: () =>
      lanes.running === 0 && QUIET_HOURS.has(Number(localTime(clock.now(), timeZone).time.slice(0, 2))),
  });
  const models = new ModelChoice(store, agent);
  /** What commands work on, wherever they are typed. */
  const services = {
    turns,
    resets,
    windows,
    models,
    shortening,
    monitor,
    jobs: background.jobs,
    budget,
    pricing,
    forgetting,
    egress: egress.service,
    defaultQueueMode: queueMode,
  };
  let messaging: Messaging | null = null;

  const loadCommands = async (): Promise<Commands> => {
    const { terminalCommands } = await import('./terminal-commands.ts');
    return terminalCommands({
      ...shared,
      ...services,
      memory: ownerMemory,
      owners: config.channels.owners,
    });
  };
  let quietCommands: Promise<Commands> | null = null;
  const commands = async (): Promise<Commands> => {
    if (messaging) return messaging.commands;
    quietCommands ??= loadCommands();
    return await quietCommands;
  };

  const live = new LiveFeed({ store, events, clock, version });
  const push = new Push({
    ...shared,
    questions,
    folder: config.folder,
    contact: config.pushContact,
    post: options.postPush ?? postPush,
  });
  const home = dirname(config.folder);
  const logs = join(home, 'logs'); // in a container there is none
  const app = createApp({
    push,
    commands,
    transcription: config.channels.transcription,
    soundCosts,
    ...shared,
    ...services,
    history: search.history,
    vectors: search.vectors,
    pause: turnPause,
    questions,
    tokens,
    hooks,
    heartbeat: background.heartbeat,
    memory: ownerMemory,
    ownerChannel: background.ownerChannel,
    mcp,
    agent,
    soul: (running) => reloader?.view(running) ?? { state: 'unknown' },
    messaging: () => messaging,
    live,
    pageFolder: options.pageFolder,
    metrics,
    allowedHosts: config.allowedHosts,
    timeZone,
    partStates: () => partStates({ home, version, memory, supervisor, egress: egressPart }),
    partLogs: new PartLogs({ folder: existsSync(logs) ? logs : null, own: options.ownLog ?? null, clock }),
    version,
    startedAt: clock.now(),
  });
  const server = createServer(app);
  server.requestTimeout = 60_000; // for the request itself; an answer may take as long as it takes
  const port = await listen(server, config);
  const agentDoor = config.agentDoor === undefined ? null : await openAgentDoor(config.agentDoor, app);
  push.start();
  asking.start();
  forgetting.start();
  egress.start();
  await toldBudget?.start();
  turns.recover();
  const messagingStarted = startMessaging({
    config,
    ...shared,
    ...services,
    replies,
    questions,
    calendar: background.calendar,
    memory,
    soundCosts,
    askAlone,
    load: options.loadChannel,
    onChannelChange: () => live.changed('channels'),
  }).then((started) => {
    messaging = started;
    background.start();
    budget?.sendNotices();
    void changes.check(); // made before a restart
    memoryUpkeep?.start();
    if (config.hasWalls)
      tellOfWalls(store, notify).catch((error: unknown) => {
        logger.warn({ err: error }, 'the owner is told at the next start that the way out is closed');
      });
    hooks.tellOfConfinement().catch((error: unknown) => {
      logger.warn({ err: error }, 'the owner is told at the next start that webhooks are confined');
    });
  });
  reloader?.start();
  forgetQuestions.start();
  skillQuestions.start();
  retention.start();
  search.start();
  cleanup.start();
  compactor.start();

  return {
    port,
    async close(graceMs = DRAIN_MS) {
      await toldBudget?.stop();
      retention.stop();
      await memoryUpkeep?.stop();
      await forgetQuestions.stop();
      await skillQuestions.stop();
      push.stop();
      await asking.stop();
      await egress.stop();
      await search.stop();
      background.stop();
      await reloader?.stop();
      await messagingStarted;
      await compactor.stop();
      await forgetting.stop();
      await turns.drain(graceMs);
      await messaging?.close();
      cleanup.stop();
      agentDoor?.close();
      server.close();
      server.closeAllConnections();
      agent.close();
      store.close();
      lock.release();
    },
  };
}

function partClient(url: string | undefined, token: string | undefined): PartClient | null {
  return url === undefined || token === undefined ? null : new PartClient(url, token);
}
