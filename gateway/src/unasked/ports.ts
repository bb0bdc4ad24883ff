/** What schedules and heartbeat need of the rest of the gateway. */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { Usage } from '@mobyclaw/protocol/usage';
import type { Calendar } from '../calendar/calendar.ts';
import type { Store } from '../store/store.ts';

export interface BackgroundPrompt {
  /** The same key is the same turn, for good. */
  key: string;
  session: string;
  source: 'cron' | 'heartbeat';
  prompt: string;
  /** Lines for the model about this prompt. */
  notes: readonly string[];
  /** Asked for by somebody who is not the owner. */
  guest: boolean;
  /** Begin the conversation anew, without what was said before. */
  fresh: boolean;
  /** Keys of earlier turns that asked the same and failed. */
  repeats: readonly string[];
}

export interface TurnOutcome {
  state: 'done' | 'failed' | 'cancelled';
  text: string;
  error: { code: string; message: string; retryable: boolean } | null;
  usage: Usage | null;
}

/** Code of an outcome that the budget did not allow, or cut off. */
export const OVER_BUDGET = 'budget_exceeded';

export interface Prompts {
  /** @returns the turn's id, once the prompt is on disk @throws where it was not accepted */
  accept(prompt: BackgroundPrompt): Promise<string>;
  /** Resolves when the turn has ended, at once where it has. Stays open while the gateway shuts down. */
  outcome(turn: string): Promise<TurnOutcome>;
  cancel(turn: string): void;
}

/** What schedules and heartbeat have in common. */
export interface BackgroundPorts {
  store: Store;
  clock: Clock;
  logger: Logger;
  /** Loaded when first asked for. */
  calendar: () => Promise<Calendar>;
  prompts: Prompts;
  deliver: Deliver;
  channels: OwnerChannels;
}

/** Pauses before an answer that could not be handed over is tried again. */
export const DELIVERY_RETRY = { firstMs: 10_000, maxMs: 15 * 60_000 };
/** Pause after a failure of the store. */
export const STORE_RETRY_MS = 10_000;

export interface OwnerChannels {
  /**
   * Where the result of a job goes: to the channel it names, else to the one that the owner has chosen, else to where it
   * was asked, else to the one that the owner wrote in last, be it a terminal's.
   * @param named by the job, or null
   * @param origin the conversation it was asked in, or null
   */
  target(named: string | null, origin: string | null): string;
  /** Where word for the owner goes: the channel he has chosen, else the one that he wrote in last. */
  home(): string;
  /** Why nothing can be sent there, as a delivery would be refused; null where it can. */
  refusal(channel: string): string | null;
}

/** The chats of the messengers, as far as what Moby sends by himself needs them. */
export interface Outlet {
  /** Puts a message into the outbox. @throws DeliveryRefusedError */
  deliver(message: { channel: string; text: string; id: string; sentBy: string }): void;
  /** The direct messages in which an owner wrote last. */
  ownerChannel(): string | null;
  /** Why nothing may be sent to a chat; null where it may. */
  refusal(channel: string): string | null;
  /** Whether whoever is in that chat was let in. */
  mayReceive(channel: string): boolean;
}

/**
 * Hands a text over to a channel, durably: the same key is sent once.
 * @param sentBy what made Moby send it, for the model and for people, such as `heartbeat`
 * @throws DeliveryRefusedError, or another error where a later try may succeed
 */
export type Deliver = (channel: string, text: string, key: string, sentBy: string) => Promise<void>;

/** A word to the owner about Moby himself, wherever he is reached. Once for each key. */
export type NotifyOwner = (text: string, key: string) => Promise<void>;
