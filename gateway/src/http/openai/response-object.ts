/** A turn as an object of the Responses API, platform.openai.com/docs/api-reference/responses/object. */
import type { Usage } from '@mobyclaw/protocol/usage';
import type { TurnRow } from '../../store/turn-store.ts';
import { OVER_BUDGET } from '../../unasked/ports.ts';

export type ResponseStatus = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';

/** What is known of a response at one moment. */
export interface ResponseState {
  status: ResponseStatus;
  /** The answer, or what came of it. */
  text: string;
  usage: Usage | null;
  error: { code: string; message: string } | null;
}

/** What the request said that the object repeats. */
export interface Repeated {
  previous?: string | undefined;
  metadata?: Record<string, string> | null | undefined;
  background?: boolean;
}

export const RESPONSE_PREFIX = 'resp_';

export function responseObject(
  { id, createdAt, session }: Pick<TurnRow, 'id' | 'createdAt' | 'session'>,
  model: string,
  { status, text, usage, error }: ResponseState,
  { previous, metadata, background = false }: Repeated = {},
): object {
  return {
    id: `${RESPONSE_PREFIX}${id}`,
    object: 'response',
    created_at: Math.floor(createdAt / 1000),
    status,
    background,
    conversation: { id: session },
    model,
    error: error && { code: errorCode(error.code), message: error.message },
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: null,
    metadata: metadata ?? {},
    output: text === '' ? [] : [messageItem(id, text, status === 'completed' ? 'completed' : 'incomplete')],
    parallel_tool_calls: true,
    previous_response_id: previous ?? null,
    temperature: null,
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    usage: usage && toResponseUsage(usage),
  };
}

export function messageItem(
  turn: string,
  text: string | null,
  status: 'in_progress' | 'completed' | 'incomplete',
) {
  return {
    id: messageId(turn),
    type: 'message' as const,
    role: 'assistant' as const,
    status,
    content: text === null ? [] : [textPart(text)],
  };
}

export function messageId(turn: string): string {
  return `msg_${turn}`;
}

export function textPart(text: string) {
  return { type: 'output_text' as const, text, annotations: [], logprobs: [] };
}

/** A turn as it stands. A queued one that was answered with another's answer has that answer. */
export function stateOf({ state, answer, cut, usage, error }: TurnRow): ResponseState {
  const status = {
    queued: 'queued',
    running: 'in_progress',
    done: cut ? 'incomplete' : 'completed',
    failed: 'failed',
    cancelled: 'cancelled',
  } as const;
  return { status: status[state], text: answer ?? '', usage, error };
}

/** OpenAI has a closed list of codes here, of which these two fit. */
function errorCode(code: string): 'rate_limit_exceeded' | 'server_error' {
  return code === OVER_BUDGET || code === 'rate-limited' ? 'rate_limit_exceeded' : 'server_error';
}

function toResponseUsage({
  inputTokens,
  outputTokens,
  cachedTokens = 0,
  cacheWriteTokens = 0,
}: Usage): object {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: cacheWriteTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
}
