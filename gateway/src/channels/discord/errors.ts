/**
 * The one place that understands what Discord refuses and how discord.js says so. Messages are written anew: those of
 * the library hold addresses, and those of Discord may hold text of the message.
 * https://discord.com/developers/docs/topics/opcodes-and-status-codes
 */
import { DiscordAPIError, DiscordjsError, DiscordjsErrorCodes, HTTPError, RateLimitError } from 'discord.js';
import { ChannelError, type ChannelErrorDetails, type ChannelRemedy } from '../channel-error.ts';
import { neverSent, unreached } from '../unreached.ts';

export class DiscordError extends ChannelError {
  override name = 'DiscordError';
  /** Whether the call may have had its effect although it failed. */
  readonly uncertain: boolean;
  readonly refusal: Refusal | null;

  constructor(
    details: Omit<ChannelErrorDetails, 'channel'>,
    more: { uncertain?: boolean; refusal?: Refusal } = {},
  ) {
    super({ channel: 'discord', ...details });
    this.uncertain = more.uncertain ?? false;
    this.refusal = more.refusal ?? null;
  }
}

/** Refusals that the adapter acts on. */
export type Refusal = 'gone' | 'no-reply' | 'other';

const PORTAL = 'https://discord.com/developers/applications';
const TOKEN_HINT = `Take a new one from ${PORTAL} (your application, "Bot", "Reset Token"), put it into DISCORD_BOT_TOKEN and start Moby again.`;
const INTENTS_HINT = `Open ${PORTAL}, your application, "Bot", switch on "Message Content Intent" under "Privileged Gateway Intents", save, and start Moby again.`;

const FATAL_TOKEN = { message: 'Discord refuses the bot token: it is wrong or was reset.', hint: TOKEN_HINT };

/** Close codes after which no new connection may be tried. */
const FATAL_CLOSES: Readonly<Record<number, { message: string; hint: string }>> = {
  4004: FATAL_TOKEN,
  4010: { message: 'Discord refuses the shard (4010).', hint: 'Update Mobyclaw.' },
  4011: {
    message: 'Discord wants this bot to be split into shards: it is in more than 2,500 servers.',
    hint: 'Moby is made for one owner; use a bot of your own for it.',
  },
  4012: { message: 'Discord does not speak version 10 of its gateway any more.', hint: 'Update Mobyclaw.' },
  4013: { message: 'Discord does not know the intents that were asked for.', hint: 'Update Mobyclaw.' },
  4014: { message: 'Discord does not let this bot read the text of messages.', hint: INTENTS_HINT },
};

/** Codes of Discord's JSON errors, where the HTTP status alone does not say what follows. */
const REMEDIES: Readonly<Record<number, ChannelRemedy>> = {
  10008: 'send-new', // unknown message
  50005: 'send-new', // written by another user
  30046: 'send-new', // edited too often for its age
  50083: 'send-new', // the thread is archived: a new message opens it again
  50021: 'send-new', // a system message
  50035: 'plain', // invalid form body: the formatting may have made it too long
};

/** Unknown channel; no access to it; the person takes no messages from the bot; there is no server with both in it. */
const CLOSED_CHATS: ReadonlySet<number> = new Set([10003, 50001, 50007, 50278]);

/** @returns null for a code after which the library connects again by itself */
export function fatalClose(code: number): DiscordError | null {
  const known = FATAL_CLOSES[code];
  if (!known) return null;
  return new DiscordError({ method: 'gateway', code: String(code), ...known, remedy: 'retry', fatal: true });
}

export function lost(code: string, message: string, cause?: unknown): DiscordError {
  const hint = 'A new connection is being made.';
  return new DiscordError({
    method: 'gateway',
    code,
    message,
    hint,
    remedy: 'retry',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** @param resetMs until Discord lets the bot connect again */
export function outOfStarts(resetMs: number): DiscordError {
  return new DiscordError({
    method: 'gateway',
    code: 'session-limit',
    message: 'This bot has connected to Discord almost as often as it may in one day.',
    hint: 'Moby waits. Beyond the limit Discord would reset the token. Look whether another program uses it.',
    remedy: 'retry',
    retryAfterMs: resetMs,
  });
}

/**
 * @param error what discord.js or the transport threw
 * @param timedOut our own timer ended the call
 */
export function toDiscordError(method: string, error: unknown, timedOut = false): DiscordError {
  if (error instanceof DiscordError) return error;
  if (timedOut) {
    const message = `Discord did not answer ${method} in time.`;
    return new DiscordError({ method, code: 'timeout', message, remedy: 'retry' }, { uncertain: true });
  }
  if (error instanceof RateLimitError) {
    const { retryAfter, timeToReset, sublimitTimeout } = error;
    const pauses = [retryAfter, timeToReset, sublimitTimeout].filter(Number.isFinite);
    const message = 'Discord asks for a pause.';
    return new DiscordError({
      method,
      code: '429',
      message,
      remedy: 'retry',
      retryAfterMs: Math.max(1, ...pauses),
    });
  }
  if (error instanceof DiscordAPIError) return refused(method, error);
  if (error instanceof HTTPError) {
    const message = `Discord has trouble of its own (${error.status}).`;
    return new DiscordError(
      { method, code: String(error.status), message, remedy: 'retry' },
      { uncertain: true },
    );
  }
  if (error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid) {
    return fatalToken(method, '401');
  }
  return unreachable(method, error);
}

function fatalToken(method: string, code: string): DiscordError {
  return new DiscordError({ method, code, ...FATAL_TOKEN, remedy: 'retry', fatal: true });
}

function refused(method: string, error: DiscordAPIError): DiscordError {
  const { status } = error;
  const code = Number(error.code);
  if (status === 401) return fatalToken(method, '401');
  const named = code > 0 ? String(code) : String(status);
  const remedy = REMEDIES[code] ?? 'none';
  const replies = code === 160002 || Object.hasOwn(formErrors(error), 'message_reference');
  const refusal: Refusal = code === 10008 || code === 10003 ? 'gone' : replies ? 'no-reply' : 'other';
  const details = { method, code: named, remedy, chatClosed: CLOSED_CHATS.has(code) };
  switch (status) {
    case 403: {
      const message = `Discord does not let the bot do this (${named}).`;
      const hint =
        'Check the rights of the bot in that channel, and whether the person takes messages from it.';
      return new DiscordError({ ...details, message, hint }, { refusal });
    }
    case 404:
      return new DiscordError({ ...details, message: `Discord has no such thing (${named}).` }, { refusal });
    case 413:
      return new DiscordError({ ...details, message: 'Too large for Discord.' }, { refusal });
    default:
      return new DiscordError({ ...details, message: `Discord refused ${method} (${named}).` }, { refusal });
  }
}

/** By the name of the field that was wrong. */
function formErrors({ rawError }: DiscordAPIError): object {
  const errors: unknown = 'errors' in rawError ? rawError.errors : undefined;
  return typeof errors === 'object' && errors !== null ? errors : {};
}

function unreachable(method: string, error: unknown): DiscordError {
  const { code } = error as { code?: unknown };
  const known = typeof code === 'string' ? code : 'network';
  if (known === 'ERR_INVALID_CHAR') return fatalToken(method, known); // the token does not fit into a header
  return new DiscordError(
    {
      method,
      code: known,
      ...unreached('Discord', known, 'DISCORD_API_URL'),
      remedy: 'retry',
      cause: error,
    },
    { uncertain: !neverSent(known) },
  );
}
