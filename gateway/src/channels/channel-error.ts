/**
 * The one error that an adapter throws or hands back. What the platform said is understood in the adapter's `errors.ts`
 * and nowhere else; everybody above decides by `remedy` and `fatal` alone. It never holds a token, nor a text that a
 * library made from a URL with one in it.
 */
import { asSentence } from '@mobyclaw/lib/sentence';

export type ChannelRemedy =
  /** Passes by itself: the same call again after `retryAfterMs`, or after a backoff. It had no effect. */
  | 'retry'
  /** The platform does not take the formatting: the same text again, as `plain`. */
  | 'plain'
  /** The message to edit is gone or may no longer be edited: send it as a new one. */
  | 'send-new'
  /** Can never succeed: blocked by the user, no such chat, no right to write there. */
  | 'none';

export interface ChannelErrorDetails {
  /** Name of the adapter: telegram, discord, slack, whatsapp. */
  channel: string;
  /** What was being done, in the platform's own words, such as `sendMessage`. */
  method: string;
  /** The platform's code, or ours for what never reached it: `timeout`, `network`. */
  code: string;
  /** What happened, for people; without secrets and without message text. */
  message: string;
  /** Probable cause and what to do about it. */
  hint?: string;
  remedy: ChannelRemedy;
  /** The platform asked for this pause. */
  retryAfterMs?: number;
  /**
   * One of the adapter's closed list of errors after which no new connection may be tried: token wrong or revoked,
   * logged out, replaced by another instance, banned. Only a person can mend it.
   */
  fatal?: boolean;
  /** Nothing at all can be written to that chat, not even what went wrong: blocked, gone, no right to write there. */
  chatClosed?: boolean;
  cause?: unknown;
}

export class ChannelError extends Error {
  override name = 'ChannelError';
  readonly channel: string;
  readonly method: string;
  readonly code: string;
  readonly hint: string | null;
  readonly remedy: ChannelRemedy;
  readonly retryAfterMs: number | null;
  readonly fatal: boolean;
  readonly chatClosed: boolean;

  constructor(details: ChannelErrorDetails) {
    super(details.message, details.cause === undefined ? {} : { cause: details.cause });
    this.channel = details.channel;
    this.method = details.method;
    this.code = details.code;
    this.hint = details.hint ?? null;
    this.remedy = details.remedy;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.fatal = details.fatal ?? false;
    this.chatClosed = details.chatClosed ?? false;
  }

  /** One line for status and log: what happened, and what to do. */
  get line(): string {
    return this.hint === null ? this.message : `${asSentence(this.message)} ${this.hint}`;
  }
}

/** Of an adapter that threw what it does not know. Its own words stay in `cause`: they may hold an address with a token. */
export function unexpected(
  channel: string,
  method: string,
  remedy: ChannelRemedy,
  cause: unknown,
): ChannelError {
  return new ChannelError({
    channel,
    method,
    code: 'unexpected',
    message: `The ${channel} adapter failed in a way that it does not know.`,
    hint: 'The log of the gateway has more.',
    remedy,
    cause,
  });
}
