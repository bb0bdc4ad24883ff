/** gateway.db: the one file the gateway keeps, and all SQL of it. */
import type { Storage } from '@mobyclaw/protocol/storage';
import { AccessStore } from './access-store.ts';
import { AgeStore } from './age-store.ts';
import { AgentSessionStore } from './agent-session-store.ts';
import { ArrivalStore } from './arrival-store.ts';
import { ChatNames } from './chat-names.ts';
import { CompactionStore } from './compaction-store.ts';
import { ContextStore } from './context-store.ts';
import { type Changes, Database, type Durability, type OpenOptions } from './database.ts';
import { EventStore } from './event-store.ts';
import { ForgetStore } from './forget-store.ts';
import { HeartbeatStore } from './heartbeat-store.ts';
import { HistoryIndex } from './history-index.ts';
import { HookStore } from './hook-store.ts';
import { JobRunStore } from './job-run-store.ts';
import { JobStore } from './job-store.ts';
import { MessageStore } from './message-store.ts';
import { NoticeStore } from './notice-store.ts';
import { OutboxStore } from './outbox-store.ts';
import { PieceStore } from './piece-store.ts';
import { PushStore } from './push-store.ts';
import { QuestionMessageStore } from './question-message-store.ts';
import { QuestionStore } from './question-store.ts';
import { SessionStore } from './session-store.ts';
import { SpeechStore } from './speech-store.ts';
import { storageReport } from './storage-report.ts';
import { TokenStore } from './token-store.ts';
import { TurnStore } from './turn-store.ts';
import { TurnSummaryStore } from './turn-summary-store.ts';
import { UsageStore } from './usage-store.ts';

const LEAST_SLACK = 2_000_000;

export interface StoreOptions extends OpenOptions {
  /** Of the owner: days of the history are told by it. UTC where it is missing. */
  timeZone?: string;
}

export class Store {
  /** What chats are called now. */
  readonly names: ChatNames;
  readonly turns: TurnStore;
  readonly turnSummaries: TurnSummaryStore;
  readonly events: EventStore;
  readonly sessions: SessionStore;
  readonly agentSessions: AgentSessionStore;
  readonly contexts: ContextStore;
  readonly compactions: CompactionStore;
  readonly messages: MessageStore;
  readonly history: HistoryIndex;
  readonly tokens: TokenStore;
  readonly push: PushStore;
  readonly speech: SpeechStore;
  readonly arrivals: ArrivalStore;
  readonly pieces: PieceStore;
  readonly access: AccessStore;
  readonly outbox: OutboxStore;
  readonly jobs: JobStore;
  readonly jobRuns: JobRunStore;
  readonly heartbeat: HeartbeatStore;
  readonly hooks: HookStore;
  readonly usage: UsageStore;
  readonly notices: NoticeStore;
  readonly questions: QuestionStore;
  readonly questionMessages: QuestionMessageStore;
  readonly ages: AgeStore;
  readonly forgetting: ForgetStore;
  readonly #db: Database;

  /** @throws StoreError where the file cannot be used */
  constructor(path: string, options: StoreOptions = {}) {
    this.#db = new Database(path, options);
    this.names = new ChatNames(this.#db);
    this.turns = new TurnStore(this.#db, this.names);
    this.turnSummaries = new TurnSummaryStore(this.#db);
    this.events = new EventStore(this.#db);
    this.sessions = new SessionStore(this.#db, this.names);
    this.agentSessions = new AgentSessionStore(this.#db);
    this.compactions = new CompactionStore(this.#db, this.names);
    this.contexts = new ContextStore(this.#db, this.names);
    this.messages = new MessageStore(this.#db, this.names);
    this.history = new HistoryIndex(this.#db, this.names, options.timeZone ?? 'UTC');
    this.tokens = new TokenStore(this.#db);
    this.push = new PushStore(this.#db);
    this.speech = new SpeechStore(this.#db, this.names);
    this.arrivals = new ArrivalStore(this.#db, this.names);
    this.pieces = new PieceStore(this.#db);
    this.access = new AccessStore(this.#db, this.names);
    this.outbox = new OutboxStore(this.#db, this.names);
    this.hooks = new HookStore(this.#db);
    this.usage = new UsageStore(this.#db);
    this.notices = new NoticeStore(this.#db);
    this.questions = new QuestionStore(this.#db, this.names);
    this.questionMessages = new QuestionMessageStore(this.#db);
    this.jobs = new JobStore(this.#db);
    this.jobRuns = new JobRunStore(this.#db);
    this.heartbeat = new HeartbeatStore(this.#db);
    this.ages = new AgeStore(this.#db);
    this.forgetting = new ForgetStore(this.#db);
  }

  get path(): string {
    return this.#db.path;
  }

  /** @param listener is told what each transaction changed, after it; must not throw. @returns ends that */
  watch(listener: (changes: Changes) => void): () => void {
    this.#db.watchers.add(listener);
    return () => void this.#db.watchers.delete(listener);
  }

  transaction<T>(durability: Durability, work: () => T): T {
    return this.#db.transaction(durability, work);
  }

  /** Resolves when all that was committed before is on disk. @throws StoreError where the disk reports an error */
  synced(): Promise<void> {
    return this.#db.synced();
  }

  size(): number {
    return this.#db.size();
  }

  /** What takes how much room. */
  storage(): Storage {
    return storageReport(this.#db);
  }

  /** Gives free pages back to the disk. @returns whether there are more */
  shrink(): boolean {
    return this.#db.shrink();
  }

  /** Whether it is worth it to write the file anew: it is of a version whose files never grew smaller, or much of it holds nothing. */
  isLoose(): boolean {
    if (this.#db.neverShrinks) return true;
    const slack = this.#db.slack();
    return slack > LEAST_SLACK && slack > this.#db.size() / 5;
  }

  /** Writes the file anew; the process does nothing else meanwhile. @throws StoreError */
  rewrite(): void {
    this.#db.vacuum();
  }

  close(): void {
    this.history.close();
    this.#db.close();
  }
}
