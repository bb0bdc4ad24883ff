/**
 * The one place that understands how Baileys says that something failed: errors with a status code in `output`, bare
 * numbers (a send that races a dropped line rejects with 1006), or nothing at all.
 */
import { proxyTrouble } from '@mobyclaw/lib/proxy';
import { ChannelError, type ChannelErrorDetails } from '../channel-error.ts';
import { unreached } from '../unreached.ts';
import type { WaNode } from './library.ts';

export class WhatsAppError extends ChannelError {
  override name = 'WhatsAppError';
  /** This device is not known at WhatsApp any more: its login is of no use. */
  readonly loggedOut: boolean;

  constructor(details: Omit<ChannelErrorDetails, 'channel'>, loggedOut = false) {
    super({ channel: 'whatsapp', ...details });
    this.loggedOut = loggedOut;
  }
}

const LOGIN = 'Run "./mobyclaw channels login whatsapp" to log in anew.';

interface Meaning {
  message: string;
  hint?: string;
  fatal?: boolean;
  loggedOut?: boolean;
}

/** Why a connection closed. What is not here passes by itself. */
const CLOSED: Record<number, Meaning> = {
  401: { message: 'WhatsApp has logged this device out.', hint: LOGIN, fatal: true, loggedOut: true },
  403: {
    message: 'WhatsApp has locked this account.',
    hint: 'Open WhatsApp on the phone; it says why and for how long.',
    fatal: true,
  },
  405: {
    message: 'WhatsApp does not take this version of the client any more.',
    hint: 'Update Mobyclaw, then start it again.',
    fatal: true,
  },
  408: { message: 'WhatsApp did not answer any more.' },
  411: {
    message: 'This account cannot link devices.',
    hint: 'Switch on linked devices in WhatsApp on the phone.',
    fatal: true,
  },
  428: { message: 'The line to WhatsApp broke.' },
  440: {
    message: 'Another program uses this login of WhatsApp.',
    hint: 'Stop the other program, then start Moby again; or log Moby in as a device of its own.',
    fatal: true,
  },
  500: { message: 'WhatsApp does not take the state of this session.', hint: `If this stays: ${LOGIN}` },
  503: { message: 'WhatsApp is out of service at the moment.' },
  515: { message: 'WhatsApp wants a new connection, as it does after a login.' },
};

/** @param error why the library closed the connection */
export function toClosedError(error: unknown): WhatsAppError {
  const { data } = (error ?? {}) as { data?: { code?: unknown } };
  if (typeof data?.code === 'string' && proxyTrouble(data.code)) {
    const told = unreached('WhatsApp', data.code, 'WHATSAPP_WEB_URL');
    return new WhatsAppError({ method: 'connect', code: data.code, ...told, remedy: 'retry' });
  }
  const code = removed(error) ? 401 : codeOf(error);
  const meaning = (code === null ? undefined : CLOSED[code]) ?? {
    message: `The connection to WhatsApp ended (${code ?? 'unexpected'}).`,
  };
  const { message, hint, fatal = false, loggedOut = false } = meaning;
  return new WhatsAppError(
    {
      method: 'receive',
      code: String(code ?? 'unexpected'),
      message,
      ...(hint === undefined ? {} : { hint }),
      remedy: 'retry',
      fatal,
    },
    loggedOut,
  );
}

/** @param error what a call threw */
export function toCallError(method: string, error: unknown): WhatsAppError {
  if (error instanceof WhatsAppError) return error;
  const code = codeOf(error);
  return new WhatsAppError({
    method,
    code: String(code ?? 'unexpected'),
    message: `WhatsApp could not be told (${code ?? 'unexpected'}).`,
    remedy: 'retry',
  });
}

export function late(method: string): WhatsAppError {
  const message = `WhatsApp did not answer ${method} in time.`;
  return new WhatsAppError({ method, code: 'timeout', message, remedy: 'retry' });
}

/** @returns why WhatsApp did not take a message; null where it did */
export function refusalOf(method: string, { attrs }: WaNode): WhatsAppError | null {
  const { error } = attrs;
  if (error === undefined) return null;
  if (error === '463') {
    return new WhatsAppError({
      method,
      code: error,
      message: 'WhatsApp does not let this account write to people who have not written first.',
      remedy: 'none', // to try again makes it worse
      chatClosed: true,
    });
  }
  const passing = ['429', '479', '500', '503'].includes(error); // 479: stale devices, which are asked for anew
  return new WhatsAppError({
    method,
    code: error,
    message: `WhatsApp did not take the message (${error}).`,
    remedy: passing ? 'retry' : 'none',
  });
}

function codeOf(error: unknown): number | null {
  if (typeof error === 'number') return error;
  const { output, statusCode } = (error ?? {}) as { output?: { statusCode?: unknown }; statusCode?: unknown };
  const code = output?.statusCode ?? statusCode;
  return typeof code === 'number' ? code : null;
}

/** The owner removed this device on the phone: it comes as a conflict, like a replacement, and says so inside. */
function removed(error: unknown): boolean {
  const { data } = (error ?? {}) as { data?: { attrs?: { type?: unknown } } };
  return data?.attrs?.type === 'device_removed';
}
