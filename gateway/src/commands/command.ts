/** A command: a whole message that begins with a slash and is answered by the gateway itself, at once. */

import type { Platform } from '@mobyclaw/protocol/platform';
import type { QueueMode } from '@mobyclaw/protocol/prompt';
import type { VoiceMode } from '@mobyclaw/protocol/voice';
import type { Access } from '../access/access.ts';
import type { AccessDecisions } from '../access/access-decisions.ts';
import type { AgentMonitor } from '../agent-monitor/agent-monitor.ts';
import type { Budget } from '../budget/budget.ts';
import type { Pricing } from '../budget/pricing.ts';
import type { ChannelKey, ChannelStatus } from '../channels/channel.ts';
import type { Shortening } from '../compaction/shortening.ts';
import type { Windows } from '../compaction/windows.ts';
import type { EgressService } from '../egress/egress-service.ts';
import type { Forgetting } from '../forget/forgetting.ts';
import type { ModelChoice } from '../models/model-choice.ts';
import type { OwnerMemory } from '../parts/owner-memory.ts';
import type { JobService } from '../scheduler/job-service.ts';
import type { Role } from '../store/access-store.ts';
import type { Store } from '../store/store.ts';
import type { ConversationReset } from '../turns/conversation-reset.ts';
import type { TurnService } from '../turns/turn-service.ts';

export interface CommandCall {
  /** A messenger, or `cli`, `web` or `api`. */
  platform: string;
  /** Where it was written; the session too. */
  channel: ChannelKey;
  kind: 'direct' | 'group';
  /** Id of whoever wrote it. */
  user: string;
  role: Role;
  /** What follows the name. */
  text: string;
  /** Takes back the messages, of `user` alone if given, that came in here before this one and are no turn yet. @returns how many */
  withdraw: (user?: string) => number;
  /** What commands begin with here, for texts that name one. */
  sign: '/' | '!';
  /** All commands that the sender may use here. */
  help: readonly Command[];
}

export interface CommandServices {
  store: Store;
  turns: TurnService;
  resets: ConversationReset;
  models: ModelChoice;
  windows: Windows;
  shortening: Pick<Shortening, 'ask'>;
  monitor: AgentMonitor;
  access: Access;
  decisions: AccessDecisions;
  jobs: Pick<JobService, 'list' | 'view' | 'change' | 'runNow'>;
  /** Null where no cap is set. */
  budget: Budget | null;
  pricing: Pricing;
  memory: OwnerMemory;
  egress: Pick<EgressService, 'view' | 'edit'>;
  forgetting: Pick<Forgetting, 'look' | 'begin'>;
  /** Channels and how they are. */
  channels: () => { platform: Platform; status: ChannelStatus }[];
  /** Puts what is in doubt back into the outbox. @returns how many deliveries */
  resend: (channel: ChannelKey) => number;
  /** What speaks; null where answers go to no messenger. */
  voice: {
    /** Where a chat says nothing else. */
    usual: VoiceMode;
    /** Why nothing can be spoken; null where something can. */
    missing: string | null;
    /** Why the last answer could not be spoken. */
    problem: string | null;
  } | null;
  defaultQueueMode: QueueMode;
  now: () => number;
}

export interface Command {
  /** Without the slash. */
  name: string;
  /** What may follow the name, as the help shows it. */
  usage?: string;
  description: string;
  /** Only the owner may use it; to others it does not exist. */
  ownerOnly?: boolean;
  /** In a group only the owner may use it, since the conversation there is everybody's. */
  ownerInGroups?: boolean;
  /** Shown in the platform's menu. */
  menu?: boolean;
  /** @returns the answer, in Markdown */
  run(call: CommandCall, services: CommandServices): string | Promise<string>;
}
