/** A command: a whole message that begins with a slash and is answered by the gateway itself, at once. */
import type { Access } from '../access/access.ts';
import type { AgentMonitor } from '../agent-monitor/agent-monitor.ts';
import type { ChannelKey, ChannelStatus, Platform } from '../channels/channel.ts';
import type { ConversationReset } from '../sessions/conversation-reset.ts';
import type { Role } from '../store/access-store.ts';
import type { Store } from '../store/store.ts';
import type { TurnService } from '../turns/turn-service.ts';

export interface CommandCall {
  platform: Platform;
  /** Where it was written; the session too. */
  channel: ChannelKey;
  kind: 'direct' | 'group';
  role: Role;
  /** What follows the name. */
  text: string;
  /** Names of all commands that the sender may use, with what they do. */
  help: readonly { name: string; description: string }[];
}

export interface CommandServices {
  store: Store;
  turns: TurnService;
  resets: ConversationReset;
  monitor: AgentMonitor;
  access: Access;
  /** The owner's MEMORY.md, or why it cannot be had. */
  readMemory: () => Promise<string>;
  /** Channels and how they are. */
  channels: () => { platform: Platform; status: ChannelStatus }[];
  /** Puts what is in doubt back into the outbox. @returns how many deliveries */
  resend: (channel: ChannelKey) => number;
  defaultQueueMode: 'followup' | 'collect' | 'interrupt';
  now: () => number;
}

export interface Command {
  /** Without the slash. */
  name: string;
  description: string;
  /** Only the owner may use it; to others it does not exist. */
  ownerOnly?: boolean;
  /** Shown in the platform's menu. */
  menu?: boolean;
  /** @returns the answer, in Markdown */
  run(call: CommandCall, services: CommandServices): string | Promise<string>;
}
