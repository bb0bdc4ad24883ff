/**
 * The one place that understands what Slack and its client say when a call fails. Slack names its errors by codes
 * (https://docs.slack.dev/reference/methods, "Errors" of each). Messages are written anew: those of the libraries may
 * hold addresses.
 */
import { webApi } from '@slack/bolt';
import { ChannelError, type ChannelErrorDetails, type ChannelRemedy } from '../channel-error.ts';
import { neverSent, unreached } from '../unreached.ts';

/** Whether a call that failed had an effect at Slack. */
export type Effect = 'none' | 'perhaps';

export class SlackError extends ChannelError {
  override name = 'SlackError';
  readonly effect: Effect;

  constructor(details: Omit<ChannelErrorDetails, 'channel'>, effect: Effect = 'none') {
    super({ channel: 'slack', ...details });
    this.effect = effect;
  }
}

/** What our own HTTP below the client throws: the request did not come back. */
export class TransportError extends Error {
  override name = 'TransportError';
  readonly code: string;

  constructor(code: string) {
    super(`no answer (${code})`);
    this.code = code;
  }
}

/** The closed list: only a person can mend these. */
const FATAL: ReadonlySet<string> = new Set([
  'invalid_auth',
  'not_authed',
  'token_revoked',
  'token_expired',
  'account_inactive',
  'user_removed_from_team',
  'team_disabled',
  'not_allowed_token_type',
  'invalid_app_id',
]);

/** Slack may have done it before it failed. */
const PERHAPS: ReadonlySet<string> = new Set(['fatal_error', 'internal_error', 'request_timeout']);

const PASSING: ReadonlySet<string> = new Set([
  ...PERHAPS,
  'service_unavailable',
  'team_added_to_org',
  'accesslimited',
]);

const RATE_LIMITED: ReadonlySet<string> = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded']);

const HINTS: Record<string, string> = {
  not_in_channel: 'Invite the bot: write "/invite @" and its name in the channel.',
  missing_scope: 'Add the scope under "OAuth & Permissions" of the Slack app and install it again.',
  messages_tab_disabled: 'Switch on the Messages tab under "App Home" of the Slack app.',
};

const REMEDIES: Record<string, ChannelRemedy> = {
  message_not_found: 'send-new',
  cant_update_message: 'send-new',
  edit_window_closed: 'send-new',
  streaming_state_conflict: 'retry',
  channel_not_found: 'none',
  not_in_channel: 'none',
  is_archived: 'none',
  missing_scope: 'none',
  no_permission: 'none',
  restricted_action: 'none',
  restricted_action_read_only_channel: 'none',
  restricted_action_thread_only_channel: 'none',
  restricted_action_non_threadable_channel: 'none',
  messages_tab_disabled: 'none',
  cannot_dm_bot: 'none',
  user_not_found: 'none',
  user_disabled: 'none',
  file_not_found: 'none',
  file_deleted: 'none',
  no_text: 'none',
  ekm_access_denied: 'none',
  team_access_not_granted: 'none',
  unknown_method: 'none',
};

/** Nothing can be written there. */
const CLOSED_CHATS: ReadonlySet<string> = new Set([
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'restricted_action',
  'restricted_action_read_only_channel',
  'messages_tab_disabled',
  'cannot_dm_bot',
  'user_not_found',
  'user_disabled',
]);

const DEFAULT_PAUSE_MS = 5000;

/** @param error what a call of the Web API threw */
export function toSlackError(method: string, error: unknown): SlackError {
  if (error instanceof SlackError) return error;
  if (error instanceof webApi.WebAPIPlatformError)
    return fromCode(method, error.data.error, neededScope(error.data));
  if (error instanceof webApi.WebAPIRateLimitedError) return rateLimited(method, error.retryAfter * 1000);
  if (error instanceof webApi.WebAPIHTTPError) return fromStatus(method, error.statusCode);
  const cause = error instanceof webApi.WebAPIRequestError ? error.original : error;
  const { code } = cause as { code?: unknown };
  return unreachable(method, typeof code === 'string' ? code : 'network');
}

/** @param needed scope that Slack says is missing */
function fromCode(method: string, code: string, needed: string | null): SlackError {
  if (FATAL.has(code)) {
    const app = method === 'apps.connections.open';
    return new SlackError({
      method,
      code,
      message: `Slack refuses the ${app ? 'app token' : 'bot token'} (${code}): it is wrong, revoked, or of another kind.`,
      hint: `Take it from the page of your app at https://api.slack.com/apps, put it into ${app ? 'SLACK_APP_TOKEN (xapp-…)' : 'SLACK_BOT_TOKEN (xoxb-…)'} and start Moby again.`,
      remedy: 'retry',
      fatal: true,
    });
  }
  if (RATE_LIMITED.has(code)) return rateLimited(method, DEFAULT_PAUSE_MS);
  if (PASSING.has(code)) {
    const message = `Slack has trouble of its own (${code}).`;
    return new SlackError({ method, code, message, remedy: 'retry' }, PERHAPS.has(code) ? 'perhaps' : 'none');
  }
  const hint = HINTS[code];
  return new SlackError({
    method,
    code,
    message: `Slack refused ${method}: ${code}${needed === null ? '' : ` (${needed})`}.`,
    ...(hint ? { hint } : {}),
    remedy: REMEDIES[code] ?? 'plain', // a refusal that we do not know may have its reason in the form
    chatClosed: CLOSED_CHATS.has(code),
  });
}

function neededScope(data: unknown): string | null {
  const { needed } = data as { needed?: unknown };
  return typeof needed === 'string' ? needed : null;
}

function rateLimited(method: string, retryAfterMs: number): SlackError {
  return new SlackError({
    method,
    code: 'ratelimited',
    message: 'Slack asks for a pause.',
    remedy: 'retry',
    retryAfterMs,
  });
}

/** A server error says nothing about whether the call was carried out. */
function fromStatus(method: string, status: number): SlackError {
  const code = String(status);
  if (status >= 500) {
    const message = `Slack has trouble of its own (${status}).`;
    return new SlackError({ method, code, message, remedy: 'retry' }, 'perhaps');
  }
  return new SlackError({
    method,
    code,
    message: `Slack answered ${method} with HTTP ${status}.`,
    hint: 'Check SLACK_API_URL if you set it.',
    remedy: 'retry',
  });
}

function unreachable(method: string, code: string): SlackError {
  const late = code === 'timeout';
  return new SlackError(
    {
      method,
      code,
      ...(late
        ? { message: `Slack did not answer ${method} in time.` }
        : unreached('Slack', code, 'SLACK_API_URL')),
      remedy: 'retry',
    },
    neverSent(code) ? 'none' : 'perhaps',
  );
}
