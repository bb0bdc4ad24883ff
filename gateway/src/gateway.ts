/** The gateway as one object: opened on a data folder, listening, closed again. `main.ts` and the tests use it alike. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { openAgentDoor } from '@mobyclaw/lib/agent-door';
import type { Clock } from '@mobyclaw/lib/clock';
import { exactRule } from '@mobyclaw/lib/exact-rule';
import { localTime } from '@mobyclaw/lib/local-time';
import type { Logger } from '@mobyclaw/lib/logger';
import { AlreadyLockedError, acquireProcessLock } from '@mobyclaw/lib/process-lock';
import { StartError } from '@mobyclaw/lib/start-error';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { AgentClient } from './agent/agent.ts';
import type { AgentErrorCode } from './agent/agent-error.ts';
import { AgentMonitor } from './agent-monitor/agent-monitor.ts';
import { createBackground } from './background.ts';
import { PriceTable } from './budget/prices.ts';
import { Pricing } from './budget/pricing.ts';
import { SoundCosts } from './budget/sound-costs.ts';
import { ToldBudget } from './budget/told-budget.ts';
import { isActive } from './calendar/active-hours.ts';
import type { Commands } from './commands/commands.ts';
import { Gauge } from './compaction/gauge.ts';
import { Windows } from './compaction/windows.ts';
import { enabledPlatforms } from './config/channels-config.ts';
import type { GatewayConfig } from './config/config.ts';
import { Embedder } from './embeddings/embedder.ts';
import { HistorySearch, historyVectors } from './embeddings/history-search.ts';
import { MemoryQuestions, memoryVectors } from './embeddings/memory-vectors.ts';
import { VectorFeeder } from './embeddings/vector-feeder.ts';
import { ForgetQuestions } from './forget/forget-questions.ts';
import { Forgetting } from './forget/forgetting.ts';
import { PartLogs } from './health/part-logs.ts';
import { partStates } from './health/part-states.ts';
import type { RecentLines } from './health/recent-lines.ts';
import { createApp } from './http/app.ts';
import { LiveFeed } from './live/live-feed.ts';
import { gatewayPorts } from './mcp/gateway-ports.ts';
import { McpEndpoint } from './mcp/mcp-endpoint.ts';
import type { Messaging, MessagingOptions } from './messaging/messaging.ts';
import { Metrics } from './metrics/metrics.ts';
import { ModelChoice } from './models/model-choice.ts';
import { openBudget } from './open-budget.ts';
import { openEgress } from './open-egress.ts';
import { openShortening } from './open-shortening.ts';
import { OwnerMemory } from './parts/owner-memory.ts';
import { PartClient } from './parts/part-client.ts';
import { postPush } from './push/post-push.ts';
import { type PostPush, Push } from './push/push.ts';
import { FactQuestions } from './questions/fact-questions.ts';
import { ownerRules } from './questions/owner-rules.ts';
import { Questions } from './questions/questions.ts';
import { RuleWriter } from './questions/rule-writer.ts';
import { UnaskedRecall } from './recall/unasked-recall.ts';
import { SkillQuestions } from './skills/skill-questions.ts';
import { SoulReloader } from './soul/soul-reloader.ts';
import { HistoryIndexer } from './store/history-indexer.ts';
import { Retention } from './store/retention.ts';
import { Store } from './store/store.ts';
import type { TurnRow } from './store/turn-store.ts';
import { TokenService } from './tokens/token-service.ts';
import { AgentSessionCleanup } from './turns/agent-session-cleanup.ts';
import { askerOf, Capabilities } from './turns/capabilities.ts';
import { ConversationReset } from './turns/conversation-reset.ts';
import { EventLog } from './turns/event-log.ts';
import { ReplyRecorder } from './turns/reply-recorder.ts';
import { TurnFinisher } from './turns/turn-finisher.ts';
import { TurnPause } from './turns/turn-pause.ts';
import { TurnRunner } from './turns/turn-runner.ts';
import { TurnService } from './turns/turn-service.ts';
import { HeartbeatChanges } from './unasked/heartbeat-changes.ts';
import type { NotifyOwner } from './unasked/ports.ts';
import { tellOfWalls } from './unasked/walls-notice.ts';
import { NightlyReview } from './upkeep/nightly-review.ts';
import { WebhookService } from './webhooks/webhook-service.ts';

const QUIET_HOURS = new Set([2, 3, 4, 5]); // of the owner's night
export const DRAIN_MS = 25_000; // within the 30 s that whoever stops us waits

const REVIEW_SESSION = 'upkeep:memory';
const MODEL_KNOWN_MS = 30 * 86_400_000;

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
  const tokens = new TokenService(store, clock, config.mcpToken);
  await tokens.prepareCliToken(config.folder);

  const prices = new PriceTable(join(config.folder, 'prices.yaml'), logger);
  const pricing = new Pricing({ prices, store, clock, logger });
  const soundCosts = new SoundCosts({ store, prices, clock });
  const notify: NotifyOwner = (text, key) => background.notifyOwner(text, key);
  const budget = await openBudget({ config, store, pricing, notify, clock, logger });
  const lease = uuidv7();
  const { timeZone, resetIdleMs, resetDaily, maxTurns, queueLimit, queueMode } = config;
  const supervisor = partClient(config.agentControlUrl, config.controlToken);
  const memory = partClient(config.memoryUrl, config.memoryToken);
  const egressPart = partClient(config.egressUrl, config.egressToken);
  const toldBudget =
    egressPart &&
    new ToldBudget({ egress: egressPart, budget, caps: config.budget, prices, timeZone, clock, logger });
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
  const gauge = new Gauge({ store, agent, windows, clock, logger });
  const agentSessionsInUse = new Set<string>();
  const { shortening, compactor, askAlone } = openShortening({
    config,
    store,
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
    clock,
    logger,
  });
  const resets = new ConversationReset({
    shortening,
    store,
    timeZone,
    idleMs: resetIdleMs,
    daily: resetDaily,
    onReset: tidy,
  });
  const events = new EventLog({ store, clock, logger });
  const metrics = new Metrics({
    running: () => turns.lanes.running,
    queued: () => store.turns.countByState().queued ?? 0,
    questions: () => store.questions.countOpen(),
    fullest: () => windows.fullest(store.contexts.fullest(100))?.share ?? 0,
    clock,
  });
  const replies = new ReplyRecorder(store);
  const { asked, unasked } = config.askTimeoutMs;
  const askTimeoutMs = ({ source }: Pick<TurnRow, 'source'>): number =>
    source === 'cron' || source === 'heartbeat' ? unasked : asked;
  const questions = new Questions({
    store,
    clock,
    logger,
    metrics,
    timeZone,
    timeoutMs: askTimeoutMs,
    askerOf,
    emit: (turn, event) => events.append(turn, event),
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
  const egress = openEgress({
    config,
    store,
    questions,
    memory,
    metrics,
    timeoutMs: askTimeoutMs,
    notify,
    onChange: () => live.changed('egress'),
    clock,
    logger,
  });
  const finisher = new TurnFinisher({ store, events, metrics, replies, questions, clock, logger });
  const embedder = config.embeddings && new Embedder(config.embeddings, clock);
  const history = new HistorySearch(store.history, embedder);
  const feeder =
    embedder &&
    new VectorFeeder({
      embedder,
      homes: [historyVectors(store.history), ...(memory ? [memoryVectors(memory)] : [])],
      clock,
      logger,
    });
  const memoryQuestions = embedder && memory && new MemoryQuestions(memory, embedder, clock);
  const recall = new UnaskedRecall({
    store,
    memory,
    isOn: config.recallsUnasked,
    clock,
    timeZone,
    logger,
  });
  const runner = new TurnRunner({
    gauge,
    shortening,
    agentSessionsInUse,
    recall,
    store,
    events,
    agent,
    monitor,
    finisher,
    metrics,
    capabilities,
    questions,
    rules: ownerRules(memory),
    waits: (turn) => turns.lanes.waits(turn.session, turn.id),
    budget,
    pricing,
    resets,
    clock,
    logger,
    timeZone,
    lease,
    onSessionFree: tidy,
  });
  const inUse = (): ReadonlySet<string> => runner.agentSessionsInUse;
  const cleanup = new AgentSessionCleanup({ store, agent, inUse, clock, logger });
  const changes = new HeartbeatChanges({ memory, notify, logger });
  const turns = new TurnService({
    store,
    events,
    finisher,
    runner: {
      async run(turn, signal) {
        await runner.run(turn, signal);
        egress.ended(turn.id);
        compactor.consider(turn.session);
        const ended = store.turns.find(turn.id);
        if (ended?.finishedAt !== null) void changes.check(turn.id);
        if (ended?.error?.code === ('not_granted' satisfies AgentErrorCode)) void tellOfUngranted(ended);
      },
    },
    clock,
    logger,
    lease,
    maxTurns,
    queueLimit,
    defaultQueueMode: queueMode,
  });
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
  const { lanes } = turns;
  const factQuestions =
    memory &&
    new FactQuestions({
      memory,
      questions,
      asked: (doubt) => store.questions.ofTurn(doubt).find(({ kind }) => kind === 'fact') ?? null,
      isQuiet: async () => {
        const zone = (await background.calendar()).zone(timeZone);
        return lanes.running === 0 && isActive(config.heartbeat.activeHours, clock.now(), zone);
      },
      clock,
      logger,
    });
  const { reviewAt: at } = config;
  const review =
    memory && at
      ? new NightlyReview({
          memory,
          ask: (prompt, signal) => askAlone(REVIEW_SESSION, prompt, signal),
          model: async () =>
            (await monitor.health()).model ??
            store.usage.byModel(clock.now() - MODEL_KNOWN_MS)[0]?.model ??
            null,
          at,
          activeHours: config.heartbeat.activeHours,
          timeZone,
          calendar: () => background.calendar(),
          isIdle: () => lanes.running === 0,
          notify,
          clock,
          logger,
        })
      : null;
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
    history,
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
    store,
    turns,
    resets,
    messaging: () => messaging,
    budget,
    memory,
    clock,
    logger,
  });
  const forgetting = new Forgetting({
    store,
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
    clock,
    logger,
  });
  const forgetQuestions = new ForgetQuestions({ store, questions, forgetting, clock, logger });
  const skillQuestions = new SkillQuestions({ store, questions, memory: ownerMemory, clock, logger });
  const retention = new Retention({
    store,
    keepMs: config.keepMs,
    isQuiet: () =>
      lanes.running === 0 && QUIET_HOURS.has(Number(localTime(clock.now(), timeZone).time.slice(0, 2))),
    clock,
    logger,
  });
  const indexer = new HistoryIndexer(store.history, clock, logger);
  const models = new ModelChoice(store, agent);
  let messaging: Messaging | null = null;

  let quietCommands: Promise<Commands> | null = null;
  const loadCommands = async (): Promise<Commands> => {
    const { terminalCommands } = await import('./terminal-commands.ts');
    return terminalCommands({
      store,
      turns,
      resets,
      windows,
      models,
      shortening,
      monitor,
      jobs: background.jobs,
      budget,
      pricing,
      memory: ownerMemory,
      egress: egress.service,
      forgetting,
      defaultQueueMode: queueMode,
      owners: config.channels.owners,
      clock,
      logger,
    });
  };

  const commands = (): Promise<Commands> => {
    if (messaging) return Promise.resolve(messaging.commands);
    quietCommands ??= loadCommands();
    return quietCommands;
  };

  const live = new LiveFeed({ store, events, clock, version });
  const push = new Push({
    store,
    questions,
    folder: config.folder,
    contact: config.pushContact,
    post: options.postPush ?? postPush,
    clock,
    logger,
  });
  const home = dirname(config.folder);
  const logs = join(home, 'logs'); // in a container there is none
  const app = createApp({
    push,
    commands,
    transcription: config.channels.transcription,
    store,
    history,
    turns,
    pause: turnPause,
    questions,
    tokens,
    hooks,
    jobs: background.jobs,
    heartbeat: background.heartbeat,
    memory: ownerMemory,
    forgetting,
    egress: egress.service,
    ownerChannel: background.ownerChannel,
    mcp,
    budget,
    pricing,
    resets,
    windows,
    models,
    agent,
    monitor,
    soul: (running) => reloader?.view(running) ?? { state: 'unknown' },
    messaging: () => messaging,
    live,
    pageFolder: options.pageFolder,
    metrics,
    clock,
    logger,
    allowedHosts: config.allowedHosts,
    timeZone,
    partStates: () => partStates({ home, version, memory, supervisor, egress: egressPart }),
    partLogs: new PartLogs({ folder: existsSync(logs) ? logs : null, own: options.ownLog ?? null }),
    defaultQueueMode: queueMode,
    version,
    startedAt: clock.now(),
  });
  const server = createServer(app);
  server.requestTimeout = 60_000; // for the request itself; an answer may take as long as it takes
  const port = await listen(server, config);
  const agentDoor = config.agentDoor === undefined ? null : await openAgentDoor(config.agentDoor, app);
  push.start();
  questions.start();
  ruleWriter?.start();
  forgetting.start();
  egress.start();
  await toldBudget?.start();
  turns.recover();
  const messagingStarted = startMessaging({
    config,
    store,
    turns,
    resets,
    windows,
    models,
    shortening,
    monitor,
    replies,
    jobs: background.jobs,
    questions,
    calendar: background.calendar,
    memory,
    forgetting,
    egress: egress.service,
    budget,
    pricing,
    soundCosts,
    askAlone,
    defaultQueueMode: queueMode,
    clock,
    logger,
    load: options.loadChannel,
    onChannelChange: () => live.changed('channels'),
  }).then((started) => {
    messaging = started;
    background.start();
    budget?.sendNotices();
    void changes.check(); // made before a restart
    factQuestions?.start();
    review?.start();
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
  indexer.start();
  feeder?.start();
  memoryQuestions?.start();
  cleanup.start();
  compactor.start();

  return {
    port,
    async close(graceMs = DRAIN_MS) {
      await toldBudget?.stop();
      retention.stop();
      await factQuestions?.stop();
      await forgetQuestions.stop();
      await skillQuestions.stop();
      await review?.stop();
      questions.stop();
      push.stop();
      await ruleWriter?.stop();
      await egress.stop();
      await indexer.stop();
      await feeder?.stop();
      await memoryQuestions?.stop();
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

/** Loads messaging where a channel is enabled; the start of the gateway does not wait for it. Never rejects. */
async function startMessaging(options: MessagingOptions): Promise<Messaging | null> {
  if (enabledPlatforms(options.config.channels).length === 0) return null;
  try {
    const { Messaging } = await import('./messaging/messaging.ts');
    const messaging = await Messaging.create(options);
    messaging.start();
    return messaging;
  } catch (error) {
    options.logger.error({ err: error }, 'messaging could not be started; everything else goes on');
    return null;
  }
}

async function lockFolder(folder: string) {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return acquireProcessLock(join(folder, 'gateway.lock'));
  } catch (error) {
    if (error instanceof AlreadyLockedError) {
      throw new StartError(
        `Another gateway is running on ${folder}. Stop it first ("mobyclaw down"), or set MOBYCLAW_HOME to another folder.`,
        { cause: error },
      );
    }
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `${folder} cannot be used (${code ?? String(error)}). Check who owns it and its mode.`,
      {
        cause: error,
      },
    );
  }
}

function partClient(url: string | undefined, token: string | undefined): PartClient | null {
  return url === undefined || token === undefined ? null : new PartClient(url, token);
}

function listen(server: ReturnType<typeof createServer>, { port, bind }: GatewayConfig): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? `Port ${port} is in use by another program. Stop that one, or set MOBYCLAW_PORT to a free port.`
          : `Port ${port} cannot be opened (${error.code}). Set MOBYCLAW_PORT to another one.`;
      reject(new StartError(reason, { cause: error }));
    });
    server.listen(port, bind, () => resolve((server.address() as AddressInfo).port));
  });
}
