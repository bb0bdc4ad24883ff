/**
 * Messaging as one object: the channels that are enabled, who may talk, what comes in, what goes out. It is loaded when
 * a token enables a channel and not before, and is the only place that knows all of its parts.
 */
import { rmSync } from 'node:fs';
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import type { Platform } from '@mobyclaw/protocol/platform';
import type { Attachment, QueueMode } from '@mobyclaw/protocol/prompt';
import { platformOf } from '@mobyclaw/protocol/session-key';
import type { VoiceMode } from '@mobyclaw/protocol/voice';
import { Access } from '../access/access.ts';
import { AccessDecisions } from '../access/access-decisions.ts';
import { RateLimit } from '../access/rate-limit.ts';
import { StrangerNotices } from '../access/stranger-notices.ts';
import type { AgentMonitor } from '../agent-monitor/agent-monitor.ts';
import type { Budget } from '../budget/budget.ts';
import type { Pricing } from '../budget/pricing.ts';
import type { SoundCosts } from '../budget/sound-costs.ts';
import type { Calendar } from '../calendar/calendar.ts';
import type { Channel, ChannelKey, ChannelStatus } from '../channels/channel.ts';
import { channelFolder } from '../channels/channel-folder.ts';
import { DeliveryRefusedError } from '../channels/delivery-refused.ts';
import { guardProcess } from '../channels/process-guard.ts';
import type { CommandServices } from '../commands/command.ts';
import { Commands, MENU, usableCommand } from '../commands/commands.ts';
import type { Shortening } from '../compaction/shortening.ts';
import type { Windows } from '../compaction/windows.ts';
import { enabledPlatforms } from '../config/channels-config.ts';
import type { GatewayConfig } from '../config/config.ts';
import { Delivery, type Outgoing } from '../delivery/delivery.ts';
import { ArrivalProcessor } from '../inbound/arrival-processor.ts';
import { Arrivals } from '../inbound/arrivals.ts';
import { Presses } from '../inbound/presses.ts';
import { TypedAnswers } from '../inbound/typed-answers.ts';
import type { ModelChoice } from '../models/model-choice.ts';
import { OwnerMemory } from '../parts/owner-memory.ts';
import type { PartClient } from '../parts/part-client.ts';
import type { Questions } from '../questions/questions.ts';
import type { Renderer } from '../render/part.ts';
import { loadRenderers } from '../render/renderers.ts';
import type { JobService } from '../scheduler/job-service.ts';
import { Speaker } from '../speech/speaker.ts';
import { Synthesizer } from '../speech/synthesizer.ts';
import type { TroubleRow } from '../store/outbox-store.ts';
import type { Store } from '../store/store.ts';
import { UPKEEP } from '../store/turn-store.ts';
import type { ConversationReset } from '../turns/conversation-reset.ts';
import type { Accepted, InboundMessage } from '../turns/inbox.ts';
import type { ReplyRecorder } from '../turns/reply-recorder.ts';
import type { TurnService } from '../turns/turn-service.ts';
import { loadChannel, type OpenChannel } from './catalogue.ts';
import { QuestionMessages } from './question-messages.ts';
import { QuestionPlaces } from './question-places.ts';
import { ChannelSupervisor } from './supervisor.ts';

const STOP_MS = 2000; // turns get 25 of the 30 s that whoever stops us waits; connections close in what is left
const MOST_TROUBLE = 20;
/** In whose name a long answer is made short enough to be spoken. */
const SPEECH_SESSION = 'api:speech';

export interface MessagingOptions {
  config: GatewayConfig;
  store: Store;
  turns: TurnService;
  resets: ConversationReset;
  windows: Windows;
  models: ModelChoice;
  shortening: Pick<Shortening, 'ask'>;
  monitor: AgentMonitor;
  replies: ReplyRecorder;
  jobs: JobService;
  questions: Questions;
  /** Loaded when first asked for. */
  calendar: () => Promise<Calendar>;
  /** The memory server, where there is one. */
  memory: PartClient | null;
  forgetting: CommandServices['forgetting'];
  egress: CommandServices['egress'];
  /** Null where no cap is set. */
  budget: Budget | null;
  pricing: Pricing;
  soundCosts: SoundCosts;
  /** One call of the model with a prompt of our own. @throws AgentError */
  askAlone: (session: string, prompt: string, signal: AbortSignal) => Promise<{ text: string }>;
  defaultQueueMode: QueueMode;
  /** How a channel is has changed. */
  onChannelChange: () => void;
  clock: Clock;
  logger: Logger;
  /** Instead of the catalogue's, for tests. */
  load?: ((platform: Platform) => Promise<OpenChannel | null>) | undefined;
}

export interface ChannelReport {
  platform: Platform;
  status: ChannelStatus;
  /** Deliveries that wait. */
  waiting: number;
}

export class Messaging {
  readonly access: Access;
  readonly decisions: AccessDecisions;
  readonly commands: Commands;
  readonly #options: MessagingOptions;
  readonly #supervisors: Map<Platform, ChannelSupervisor>;
  readonly #delivery: Delivery;
  readonly #processor: ArrivalProcessor;
  readonly #arrivals: Arrivals;
  readonly #questions: QuestionMessages;
  readonly #presses: Presses;
  readonly #synthesizer: Synthesizer;
  readonly #speaker: Speaker;
  #unguard: (() => void) | null = null;

  private constructor(options: MessagingOptions, rendererOf: (platform: string) => Renderer) {
    this.#options = options;
    const {
      config,
      store,
      turns,
      resets,
      windows,
      shortening,
      monitor,
      jobs,
      memory,
      forgetting,
      questions,
      defaultQueueMode,
      clock,
      logger,
    } = options;
    this.access = new Access({ access: store.access, clock, owners: config.channels.owners });
    const channelOf = (platform: string): Channel | null =>
      this.#supervisors.get(platform as Platform)?.channel ?? null;
    this.#delivery = new Delivery({
      store,
      channel: channelOf,
      report: (platform, error) => this.#supervisors.get(platform as Platform)?.report(error),
      rendererOf,
      timeZone: config.timeZone,
      follow: (turn, listener) => turns.follow(turn, 0, listener),
      defaultQueueMode,
      clock,
      logger,
    });
    const { access } = this;
    const wake = (channel: ChannelKey): void => this.#delivery.wake(channel);
    this.decisions = new AccessDecisions({ store, access, turns, jobs, wake, clock, logger });
    this.#synthesizer = new Synthesizer(config.channels.speech);
    this.#speaker = new Speaker({
      store,
      synthesizer: this.#synthesizer,
      costs: options.soundCosts,
      summarise: async (prompt, signal) => (await options.askAlone(SPEECH_SESSION, prompt, signal)).text,
      refusal: () => options.budget?.refusal({ source: UPKEEP }) ?? null,
      wake,
      clock,
      logger,
    });
    this.commands = new Commands(
      {
        store,
        turns,
        resets,
        windows,
        models: options.models,
        shortening,
        monitor,
        access,
        decisions: this.decisions,
        jobs,
        budget: options.budget,
        pricing: options.pricing,
        memory: new OwnerMemory(memory, config.timeZone),
        egress: options.egress,
        forgetting,
        channels: () => this.channels(),
        resend: (channel) => this.resend(channel),
        voice: voiceView(config.channels.voice, this.#synthesizer, this.#speaker),
        defaultQueueMode,
        now: () => clock.now(),
      },
      logger,
    );
    this.#questions = new QuestionMessages({
      store,
      questions,
      places: new QuestionPlaces({
        store,
        refusal: (chat) => this.refusal(chat),
        ownerChat: () => this.#chosenChat() ?? this.ownerChannel(),
        activeHours: config.heartbeat.activeHours,
        timeZone: config.timeZone,
        calendar: options.calendar,
        clock,
      }),
      wake,
      waits: (turn, waits) => this.#delivery.waits(turn, waits),
      clock,
      logger,
    });
    this.#presses = new Presses({
      store,
      access,
      questions,
      onFound: (question, message) => this.#questions.found(question, message),
    });
    this.#processor = new ArrivalProcessor({
      store,
      access,
      commands: this.commands,
      answers: new TypedAnswers({ store, questions, channel: channelOf, clock }),
      accept: (message) => this.#accept(message),
      watch: (turn) => this.#delivery.watch(turn),
      cancel: (turn) => void turns.cancel(turn),
      typing: (channel) => this.#delivery.typing(channel),
      wake,
      channel: channelOf,
      transcription: config.channels.transcription,
      soundCosts: options.soundCosts,
      clock,
      logger,
    });
    this.#arrivals = new Arrivals({
      store,
      access,
      rateLimit: new RateLimit(clock),
      strangerNotices: new StrangerNotices({ clock, ownerChannel: () => this.ownerChannel() }),
      clock,
      commandOf: usableCommand,
      onArrived: (platform, seq, message) => this.#processor.arrived(platform, seq, message),
      onNotice: wake,
      onMoved: (newMessages) => {
        turns.lanes.renamed();
        this.#delivery.renamed(newMessages);
      },
    });
    this.#supervisors = new Map(
      enabledPlatforms(config.channels).map((platform) => [platform, this.#supervise(platform)]),
    );
  }

  static async create(options: MessagingOptions): Promise<Messaging> {
    const rendererOf = await loadRenderers(enabledPlatforms(options.config.channels));
    return new Messaging(options, rendererOf);
  }

  /** Connects the channels and takes up what the process before left. Call it once turns have been recovered. */
  start(): void {
    this.#unguard = guardProcess(this.#options.logger);
    const { replies, config } = this.#options;
    replies.onRecorded = (channel) => this.#delivery.wake(channel);
    replies.onSpoken = () => this.#speaker.poke();
    replies.voice = () => (this.#synthesizer.missing === null ? config.channels.voice : null);
    for (const supervisor of this.#supervisors.values()) supervisor.start();
    this.#delivery.start();
    this.#questions.start();
    this.#processor.start();
    this.#speaker.poke();
  }

  channels(): ChannelReport[] {
    const { store } = this.#options;
    return [...this.#supervisors.values()].map(({ platform, status }) => {
      return { platform, status, waiting: store.outbox.countWaiting(platform) };
    });
  }

  /**
   * Lets the owner log in to a channel that wants it: tries again where it has stopped, and shows what to scan or type
   * in its status. A channel that is connected is left alone.
   * @param anew the login that is there is forgotten
   * @throws DeliveryRefusedError where the channel is not enabled
   */
  async login(platform: Platform, anew: boolean): Promise<void> {
    const supervisor = this.#supervisors.get(platform);
    if (!supervisor) {
      throw new DeliveryRefusedError(
        `${platform} is not enabled; set its variables in .env and start Moby again.`,
      );
    }
    if (!anew && supervisor.status.state !== 'stopped') return;
    await supervisor.stop();
    if (anew) rmSync(channelFolder(this.#options.config.folder, platform), { recursive: true });
    const next = this.#supervise(platform);
    this.#supervisors.set(platform, next);
    next.start();
  }

  /** What was not delivered, and what perhaps was not, newest first. */
  trouble(): TroubleRow[] {
    return this.#options.store.outbox.trouble(MOST_TROUBLE);
  }

  /**
   * Puts a message into the outbox, to somebody who may talk to Moby or to a group that is allowed.
   * @returns the id of the delivery, which is on disk then
   * @throws DeliveryRefusedError
   */
  deliver(message: Outgoing): string {
    const refusal = this.refusal(message.channel);
    if (refusal !== null) throw new DeliveryRefusedError(refusal);
    this.#checkFiles(platformOf(message.channel) as Platform, message.files ?? []);
    return this.#delivery.put(message);
  }

  /** Why nothing may be sent to a chat; null where it may. */
  refusal(channel: ChannelKey): string | null {
    const platform = platformOf(channel);
    if (!this.#supervisors.has(platform as Platform)) {
      return `No channel "${platform}" is enabled; set its token and start Moby again.`;
    }
    if (this.access.mayReceive(channel)) return null;
    return `${channel} is nobody whom Moby may write to. Let them in first: "mobyclaw channels pairings" shows who waits, "mobyclaw channels allow" opens a group. Whoever the settings name as an owner has to write to him there first.`;
  }

  /** Whether whoever is in that chat was let in. */
  mayReceive(channel: ChannelKey): boolean {
    return this.access.mayReceive(channel);
  }

  /** While the platform is not connected it is not known what it takes; then the delivery says so. */
  #checkFiles(platform: Platform, files: readonly Attachment[]): void {
    const most = this.#supervisors.get(platform)?.channel?.abilities.fileBytes;
    if (most === undefined) return;
    const large = files.find(({ data }) => Buffer.byteLength(data, 'base64') > most);
    if (!large) return;
    throw new DeliveryRefusedError(
      `${large.name} is larger than ${Math.floor(most / 1e6)} MB, the most that ${platform} takes. Send a smaller one.`,
    );
  }

  /** The direct messages in which an owner wrote last: where news for the owner go. */
  ownerChannel(): ChannelKey | null {
    return this.access.lastOwnerChannel((platform) => this.#supervisors.has(platform as Platform));
  }

  /** The chat that the owner has chosen, while Moby may write there. */
  #chosenChat(): ChannelKey | null {
    const { config, store } = this.#options;
    const chosen = config.ownerChannel === null ? null : store.names.current(config.ownerChannel);
    return chosen !== null && this.refusal(chosen) === null ? chosen : null;
  }

  /** Sends again what did not arrive, or perhaps not. @returns how many deliveries */
  resend(channel: ChannelKey): number {
    const { store, clock } = this.#options;
    const undelivered = store.outbox.undelivered(channel);
    store.transaction('durable', () => {
      for (const { seq } of undelivered) store.outbox.repeat(seq, clock.now());
    });
    if (undelivered.length > 0) this.#delivery.wake(channel);
    return undelivered.length;
  }

  /** Ends after the turns have: sends what can be sent quickly, closes every connection. The store must still be open. */
  async close(graceMs = STOP_MS): Promise<void> {
    this.#processor.stop();
    this.#questions.stop();
    this.#options.replies.onRecorded = null;
    this.#options.replies.onSpoken = null;
    await this.#speaker.stop();
    await this.#delivery.drain(graceMs);
    const stopped = Promise.all([...this.#supervisors.values()].map((supervisor) => supervisor.stop()));
    const { clock } = this.#options;
    await withTimeout<unknown>(clock, STOP_MS, stopped, () => undefined);
    await withTimeout(clock, STOP_MS / 4, this.#delivery.close(), () => undefined);
    this.#unguard?.();
  }

  /** Who is shut out in the moment in which his message becomes a turn is not answered either. */
  async #accept(message: InboundMessage): Promise<Accepted> {
    const { turns } = this.#options;
    const accepted = await turns.accept(message);
    const { deliverTo } = accepted.turn;
    if (deliverTo && !this.access.mayReceive(deliverTo.channel)) turns.cancel(accepted.turn.id);
    return accepted;
  }

  #supervise(platform: Platform): ChannelSupervisor {
    const { config, store, clock, logger } = this.#options;
    const load = this.#options.load ?? ((name) => loadChannel(name, config.channels));
    return new ChannelSupervisor({
      platform,
      load: async () => {
        const open = await load(platform);
        if (!open) throw new Error(`there is no adapter for ${platform}`);
        return open;
      },
      receive: (event) => this.#arrivals.receive(platform, event),
      pressed: (press) => this.#presses.take(platform, press),
      memory: {
        get: (name) => store.arrivals.recall(platform, name),
        set: (name, value) =>
          store.transaction('durable', () => store.arrivals.remember(platform, name, value)),
      },
      folder: () => channelFolder(config.folder, platform),
      commands: MENU,
      onUp: () => this.#delivery.platformUp(platform),
      onChange: this.#options.onChannelChange,
      clock,
      logger,
    });
  }
}

/** What `/voice` tells, as it is when it is asked. */
function voiceView(usual: VoiceMode, synthesizer: Synthesizer, speaker: Speaker): CommandServices['voice'] {
  return {
    usual,
    get missing() {
      return synthesizer.missing;
    },
    get problem() {
      return speaker.problem;
    },
  };
}
