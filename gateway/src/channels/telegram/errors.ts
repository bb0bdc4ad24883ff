/**
 * The one place that understands what the Bot API and the HTTP library below telegraf say when they refuse. A 400 has
 * no code of its own, only a description (https://core.telegram.org/bots/api#making-requests), so descriptions are read
 * here and nowhere else. Messages are written anew, because those of the library hold the address with the token.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import { ChannelError, type ChannelErrorDetails, type ChannelRemedy } from '../channel-error.ts';
import { neverSent, unreached } from '../unreached.ts';

/** Whether a call that failed had an effect at the platform. */
export type Effect = 'none' | 'perhaps';

export class TelegramError extends ChannelError {
  override name = 'TelegramError';
  readonly effect: Effect;
  /** The description as the Bot API gave it; for decisions inside the adapter. */
  readonly refusal: Refusal | null;
  /** The group goes on under this id. */
  readonly migratedTo: number | null;

  constructor(
    details: Omit<ChannelErrorDetails, 'channel'>,
    more: { effect?: Effect; refusal?: Refusal | null; migratedTo?: number | null } = {},
  ) {
    super({ channel: 'telegram', ...details });
    this.effect = more.effect ?? 'none';
    this.refusal = more.refusal ?? null;
    this.migratedTo = more.migratedTo ?? null;
  }
}

export type Refusal = 'not-modified' | 'gone' | 'format' | 'empty' | 'no-media' | 'no-chat' | 'other';

const REFUSALS: readonly [pattern: RegExp, refusal: Refusal][] = [
  [/message is not modified/i, 'not-modified'],
  [/message to (edit|delete) not found|message can't be edited|MESSAGE_ID_INVALID/i, 'gone'],
  [/message text is empty|text must be non-empty/i, 'empty'],
  [/can't parse entities|ENTIT(Y|IES)_|message is too long|MEDIA_CAPTION_TOO_LONG/i, 'format'],
  [/not enough rights to send (?!text)/i, 'no-media'],
  [
    /chat not found|PEER_ID_INVALID|CHAT_WRITE_FORBIDDEN|not enough rights|thread not found|TOPIC_/i,
    'no-chat',
  ],
];

const REMEDIES: Record<Refusal, ChannelRemedy> = {
  'not-modified': 'none',
  gone: 'send-new',
  format: 'plain',
  empty: 'none',
  'no-media': 'none',
  'no-chat': 'none',
  other: 'plain', // a refusal that we do not know most often has its reason in the formatting; plain is tried once
};

/** Bot API servers that people run themselves may be older than these. */
const NEWER_METHODS = new Set(['sendMessageDraft', 'setMessageReaction']);

const TOKEN_HINT =
  'Take the token from @BotFather ("/mybots"), put it into TELEGRAM_BOT_TOKEN and start Moby again.';

/**
 * @param error what telegraf's `callApi` threw
 * @param timedOut our own timer ended the call
 */
export function toTelegramError(method: string, error: unknown, timedOut: boolean): TelegramError {
  if (error instanceof TelegramError) return error;
  if (timedOut) {
    const message = `Telegram did not answer ${method} in time.`;
    return new TelegramError({ method, code: 'timeout', message, remedy: 'retry' }, { effect: 'perhaps' });
  }
  const answer = (error as { response?: unknown }).response;
  if (isAnswer(answer)) return fromAnswer(method, answer);
  const code = (error as { code?: unknown }).code;
  const known = typeof code === 'string' ? code : 'network';
  return new TelegramError(
    {
      method,
      code: known,
      ...unreached('Telegram', known, 'TELEGRAM_API_ROOT'),
      remedy: 'retry',
    },
    { effect: neverSent(known) ? 'none' : 'perhaps' },
  );
}

interface Answer {
  error_code: number;
  description?: string;
  parameters?: { retry_after?: number; migrate_to_chat_id?: number };
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && typeof (value as Answer).error_code === 'number';
}

function fromAnswer(
  method: string,
  { error_code: status, description = '', parameters }: Answer,
): TelegramError {
  const code = String(status);
  const migratedTo = parameters?.migrate_to_chat_id;
  if (migratedTo !== undefined) {
    // Where the call was an edit, the message is not reached any more.
    const message = 'The group has become a supergroup, which has another id.';
    return new TelegramError({ method, code, message, remedy: 'send-new' }, { migratedTo });
  }
  switch (status) {
    case 401:
      return new TelegramError({
        method,
        code,
        message: 'Telegram refuses the bot token: it is wrong or was revoked.',
        hint: TOKEN_HINT,
        remedy: 'retry',
        fatal: true,
      });
    case 404:
      if (NEWER_METHODS.has(method)) {
        const message = `This Bot API server does not know ${method}.`;
        return new TelegramError({ method, code, message, remedy: 'none' });
      }
      return new TelegramError({
        method,
        code,
        message:
          'Telegram does not know this bot: the token is not complete, or the address is not a Bot API server.',
        hint: `${TOKEN_HINT} Check TELEGRAM_API_ROOT if you set it.`,
        remedy: 'retry',
        fatal: true,
      });
    case 409:
      return new TelegramError({
        method,
        code,
        message: 'Another program receives the messages of this bot.',
        hint: 'Stop the other program that uses this token, or make a bot of its own for Moby. Moby keeps trying.',
        remedy: 'retry',
      });
    case 429:
      return new TelegramError({
        method,
        code,
        message: 'Telegram asks for a pause.',
        remedy: 'retry',
        retryAfterMs: (parameters?.retry_after ?? 1) * 1000,
      });
    case 403:
      return new TelegramError({
        method,
        code,
        message: 'Telegram does not let the bot write there: it was blocked or removed.',
        hint: 'Unblock the bot, or add it to the group again.',
        remedy: 'none',
        chatClosed: true,
      });
    case 413:
      return new TelegramError({ method, code, message: 'Too large for Telegram.', remedy: 'none' });
    default:
      return status >= 500 ? outage(method, status) : refused(method, code, description);
  }
}

/** 504: the front gave up waiting, the call may yet have been carried out. The others were turned away at the door. */
function outage(method: string, status: number): TelegramError {
  const message = `Telegram has trouble of its own (${status}).`;
  const effect = status === 504 ? 'perhaps' : 'none';
  return new TelegramError({ method, code: String(status), message, remedy: 'retry' }, { effect });
}

function refused(method: string, code: string, description: string): TelegramError {
  const refusal = REFUSALS.find(([pattern]) => pattern.test(description))?.[1] ?? 'other';
  return new TelegramError(
    {
      method,
      code,
      // Descriptions of a 400 are fixed phrases of the Bot API; they hold no text of the message.
      message: `Telegram refused ${method}: ${cutText(description, 200)}`,
      remedy: REMEDIES[refusal],
      chatClosed: refusal === 'no-chat',
    },
    { refusal },
  );
}
