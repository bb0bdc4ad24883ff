/** What the gateway's MCP tools need of the rest of it. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { ForgetWish } from '@mobyclaw/protocol/forget';
import type { Attachment } from '@mobyclaw/protocol/prompt';
import type { Outgoing } from '../delivery/delivery.ts';
import type { HistorySearch } from '../embeddings/history-search.ts';
import type { Questions } from '../questions/questions.ts';
import type { JobService } from '../scheduler/job-service.ts';
import type { Store } from '../store/store.ts';
import type { Asking } from './ask.ts';

export interface KnownChannel {
  key: string;
  /** As people know it, where the platform says. */
  title?: string;
  /** Whether something can be sent there now. */
  up: boolean;
}

/** A file on its way to a chat. */
export type OutgoingFile = Attachment;

export interface AgentFile {
  name: string;
  data: Buffer;
}

export interface ToolPorts {
  store: Store;
  history: Pick<HistorySearch, 'search'>;
  clock: Clock;
  timeZone: string;
  /** Null where there is no scheduler: then there are no schedule tools. */
  jobs: (() => Promise<JobService>) | null;
  /** Chats in which the owner or an approved person has written. */
  channels: () => KnownChannel[];
  /** Whether Moby may write to a chat; also to a topic or thread of one that he may write to. */
  mayWrite: (channel: string) => boolean;
  /** Puts a message into the outbox of a known channel. @throws DeliveryRefusedError */
  send: (message: Outgoing) => void;
  /** A file as the agent sees it, or why it cannot be had. Null where nothing stands beside the agent to read it. */
  readAgentFile: ((path: string) => Promise<AgentFile | { refusal: string }>) | null;
  questions: Pick<Questions, 'list' | 'answer'>;
  asking: Pick<Asking, 'ask' | 'result'>;
  /** Asks the owner whether something is to be forgotten. @returns what the model is told @throws ForgetWishError */
  proposeForgetting: (wish: ForgetWish, session: string) => Promise<string>;
  /** Asks the owner whether something becomes a skill. @returns what the model is told */
  proposeSkill: (wished: {
    name: string;
    text: string;
    session: string;
    turn?: string | undefined;
  }) => Promise<string>;
  /** Asks the memory server. */
  searchMemory: (query: string) => Promise<string>;
}
