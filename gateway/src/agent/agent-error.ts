/**
 * Every way in which a run or a call to the agent can go wrong, as one typed error. What a failure means is decided
 * here and in provider-error.ts, nowhere else: the turn runner reads `remedy` and has no table of its own.
 */
export type AgentErrorCode =
  | 'auth' // the provider refuses the API key
  | 'agent_auth' // the agent refuses our bearer token
  | 'quota' // the provider account has no credit left
  | 'rate_limited'
  | 'overloaded'
  | 'provider_unavailable' // 5xx, connection cut, broken in mid-answer
  | 'context_overflow'
  | 'broken_session' // the provider refuses the stored history, for good
  | 'session_not_found'
  | 'session_busy'
  | 'config' // the agent cannot be built from soul.yaml
  | 'model_not_found'
  | 'too_large'
  | 'bad_request'
  | 'agent_unreachable' // no connection: nothing was sent
  | 'agent_died' // the stream ended without its end, or in good order in the middle of an answer
  | 'stalled' // alive, but silent for too long
  | 'stream_corrupt'
  | 'loop_detected'
  | 'not_granted' // a tool ran otherwise than it was allowed to
  | 'budget_exceeded'
  | 'agent_failed' // the agent reports a failure of a kind unknown here
  | 'cancelled'; // the request was given up before it was sent, or while it waited

/**
 * What may help:
 * - `same-session`: ask again on the same session, after `retryAfterMs` or a backoff;
 * - `new-session`: ask once on a new session that is seeded with the recent exchanges;
 * - `agent-back`: wait until the agent is ready, then ask again (on a new session if the run left an open tool call);
 * - `none`: a person has to act first, the message says how.
 */
export type Remedy = 'same-session' | 'new-session' | 'agent-back' | 'none';

const REMEDIES: Record<AgentErrorCode, Remedy> = {
  auth: 'none',
  agent_auth: 'none',
  quota: 'none',
  rate_limited: 'same-session',
  overloaded: 'same-session',
  provider_unavailable: 'same-session',
  context_overflow: 'new-session',
  broken_session: 'new-session',
  session_not_found: 'new-session',
  session_busy: 'same-session',
  config: 'none',
  model_not_found: 'none',
  too_large: 'none',
  bad_request: 'none',
  agent_unreachable: 'agent-back',
  agent_died: 'agent-back',
  stalled: 'same-session',
  stream_corrupt: 'none',
  loop_detected: 'none',
  not_granted: 'none',
  budget_exceeded: 'none',
  agent_failed: 'none',
  cancelled: 'none',
};

export interface AgentErrorDetails {
  /** HTTP status, of the agent or of the provider behind it. */
  status?: number | undefined;
  /** How long the provider asks to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** Where it differs from the usual one of the code. */
  remedy?: Remedy | undefined;
  cause?: unknown;
}

export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;
  readonly remedy: Remedy;
  readonly status?: number;
  readonly retryAfterMs?: number;

  /** @param message for people: what happened and what to do next; never a secret */
  constructor(code: AgentErrorCode, message: string, details: AgentErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.remedy = details.remedy ?? REMEDIES[code];
    if (details.status !== undefined) this.status = details.status;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
  }

  /** Whether asking again can help without a person doing something first. */
  get retryable(): boolean {
    return this.remedy !== 'none';
  }
}
