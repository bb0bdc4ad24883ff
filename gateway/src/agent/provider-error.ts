/**
 * The one place where the text of an error is read. cagent has no other form for what its model provider said: the text
 * of an `error` event holds `METHOD "url": STATUS text {json}`, or the JSON of an error sent in mid-stream, or neither
 * where the connection broke. Newer versions (seen with 1.123) write `HTTP STATUS: name: text (code=name)` instead, of OpenAI's
 * kind without the names, and add a code, which then counts first; but their `rate_limited` is any 429, so a name says more.
 */
import { AgentError, type AgentErrorCode, type Remedy } from './agent-error.ts';
import { asNumber, asObject, asText, parseJson } from './json.ts';
import { forPeople } from './readable.ts';

interface ProviderFailure {
  status?: number;
  /** The provider's own name of the error, such as `overloaded_error` or `context_length_exceeded`. */
  names: string[];
  message: string;
  param: string;
  retryAfterMs?: number;
}

/** `error.code` of newer agents. `model_error` says no more than the text does. */
const CODES: Record<string, AgentErrorCode> = {
  rate_limited: 'rate_limited',
  context_exceeded: 'context_overflow',
  request_too_large: 'too_large',
  media_too_large: 'too_large',
  loop_detected: 'loop_detected',
  budget_exceeded: 'budget_exceeded',
};

const NAMES: Record<string, AgentErrorCode> = {
  budget_exceeded: 'budget_exceeded', // said by our own relay
  overloaded_error: 'overloaded',
  rate_limit_error: 'rate_limited',
  rate_limit_exceeded: 'rate_limited',
  RESOURCE_EXHAUSTED: 'rate_limited',
  insufficient_quota: 'quota',
  billing_error: 'quota',
  authentication_error: 'auth',
  permission_error: 'auth',
  invalid_api_key: 'auth',
  UNAUTHENTICATED: 'auth',
  PERMISSION_DENIED: 'auth',
  model_not_found: 'model_not_found',
  not_found_error: 'model_not_found',
  context_length_exceeded: 'context_overflow',
  request_too_large: 'too_large',
  api_error: 'provider_unavailable',
  timeout_error: 'provider_unavailable',
  server_error: 'provider_unavailable',
  UNAVAILABLE: 'overloaded',
};

const SENTENCES: Partial<Record<AgentErrorCode, string>> = {
  auth: 'The model provider refused the API key. Check the key in .env, then restart Moby.',
  quota: 'The model provider says that the account has no credit left. Top it up or choose another model.',
  rate_limited: 'The model provider limits how often it can be asked. Try again in a moment.',
  overloaded: 'The model provider is overloaded. Try again in a moment.',
  provider_unavailable: 'The connection to the model provider failed. Try again in a moment.',
  context_overflow:
    'The conversation is longer than the model can read. The command “compact” makes it shorter, “new” begins another.',
  broken_session: 'The model provider refuses the history of this conversation. A new session is needed.',
  model_not_found: 'The model provider does not know the model. Check the model in soul.yaml.',
  too_large: 'The message is too large for the model provider. Send less, or smaller attachments.',
  bad_request: 'The model provider refused the request.',
  loop_detected: 'The agent stopped because it repeated the same tool call.',
  budget_exceeded: 'The budget is used up.',
};

/**
 * @param text of an `error` event
 * @param code of the event, where the agent is new enough
 */
export function providerError(text: string, code?: string): AgentError {
  const failure = parseFailure(text);
  const byCode = code === undefined ? undefined : CODES[code];
  const byText = failure ? classify(failure) : undefined;
  const kind =
    (byCode === 'rate_limited' && failure?.names.length ? byText : byCode) ??
    byText ??
    (code === 'model_error' ? 'provider_unavailable' : undefined);
  if (kind === undefined) {
    return new AgentError(
      'agent_failed',
      `The agent reported an error: ${forPeople(text) || 'no reason given'}`,
    );
  }
  const said = forPeople(failure?.message ?? '');
  const sentence = SENTENCES[kind] ?? 'The agent reported an error.';
  // The request is stored in the session whatever it was, and would spoil every later one: a fresh session is a way out.
  const remedy: Remedy | undefined = kind === 'bad_request' ? 'new-session' : undefined;
  return new AgentError(kind, said === '' ? sentence : `${sentence} It said: ${said}`, {
    status: failure?.status,
    retryAfterMs: failure?.retryAfterMs,
    remedy,
  });
}

/** @returns null where the text holds no form of provider failure that is known */
function parseFailure(text: string): ProviderFailure | null {
  const answered = /\b[A-Z]{3,7} "[^"]*": (\d{3})\b[^{]*(\{[\s\S]*)?/.exec(text);
  if (answered) return fromBody(Number(answered[1]), answered[2] ?? '');
  const told = /\bHTTP (\d{3}): ([\s\S]*)/.exec(text);
  if (told) return fromSentence(Number(told[1]), told[2] ?? '');
  const google = /\bError (\d{3}), Message: ([\s\S]*?), Status: (\w+)/.exec(text);
  if (google) {
    return { status: Number(google[1]), names: [google[3] ?? ''], message: google[2] ?? '', param: '' };
  }
  const inStream = /\berror while streaming: (\{[\s\S]*)/.exec(text);
  if (inStream) return fromBody(undefined, inStream[1] ?? '');
  const unanswered = /\b(?:Get|Post|GET|POST) "([^"]*)": ([^\n]*)/.exec(text);
  if (unanswered)
    return { names: [], message: withHost(unanswered[1] ?? '', unanswered[2] ?? ''), param: '' };
  return /\berror receiving from stream: /.test(text) ? { names: [], message: '', param: '' } : null;
}

/** What kept a request from being answered, with the host that was asked. */
function withHost(url: string, cause: string): string {
  const host = URL.canParse(url) ? new URL(url).host : '';
  return host === '' || cause.includes(host) ? cause : `${host}: ${cause}`;
}

function fromSentence(status: number, text: string): ProviderFailure {
  const [whole = '', code] = /\s*\(code=([\w.-]+)\)\s*$/.exec(text) ?? [];
  const { names, message } = namesBefore(text.slice(0, text.length - whole.length));
  return { status, names: code === undefined ? names : [code, ...names], message, param: '' };
}

/** `name: text`, also more than once: the engine puts the type of the error there, and our relay does. */
function namesBefore(text: string): { names: string[]; message: string } {
  const names: string[] = [];
  let message = text;
  for (;;) {
    const [whole = '', name = ''] = /^(\w+): /.exec(message) ?? [];
    if (!Object.hasOwn(NAMES, name) && !name.endsWith('_error')) return { names, message };
    names.push(name);
    message = message.slice(whole.length);
  }
}

function fromBody(status: number | undefined, body: string): ProviderFailure {
  const outer = asObject(parseJson(body.trim()) ?? parseJson(body.slice(0, body.lastIndexOf('}') + 1)));
  const inner = outer.error === undefined ? outer : asObject(outer.error);
  const names = [inner.code, inner.type, inner.status].map(asText).filter((name) => name !== '');
  const code = asNumber(inner.code); // an error within a stream names its status there, if at all
  const known = status ?? (code >= 400 && code <= 599 ? code : undefined);
  const waitSeconds = asNumber(inner.retry_after ?? outer.retry_after);
  return {
    ...(known === undefined ? {} : { status: known }),
    names,
    message: namesBefore(asText(inner.message)).message,
    param: asText(inner.param),
    ...(waitSeconds > 0 ? { retryAfterMs: Math.ceil(waitSeconds * 1000) } : {}),
  };
}

function classify({ status, names, message, param }: ProviderFailure): AgentErrorCode {
  if (status === 400 || status === 422 || names.includes('invalid_request_error')) {
    const refused = classifyRefusal(names, message, param);
    if (refused !== undefined && status !== 401 && status !== 403 && status !== 404) return refused;
  }
  for (const name of names) {
    const known = NAMES[name];
    // Some providers call everything a server error; the status then says more.
    if (known !== undefined && (status === undefined || known !== 'provider_unavailable')) return known;
  }
  if (status === undefined || status >= 500 || status === 408) {
    return status === 503 || status === 529 ? 'overloaded' : 'provider_unavailable';
  }
  if (status === 401 || status === 403) return 'auth';
  if (status === 402) return 'quota';
  if (status === 404) return 'model_not_found';
  if (status === 413) return 'too_large';
  if (status === 429) return 'rate_limited';
  return 'bad_request';
}

/**
 * Providers have one status and often one name for every bad request. That a tool call has no result, or that the
 * prompt is too long, only stands in the sentence: OpenAI "'tool_calls' must be followed by tool messages", Anthropic
 * "`tool_use` ids were found without `tool_result` blocks", "prompt is too long: 210000 tokens".
 */
function classifyRefusal(names: string[], message: string, param: string): AgentErrorCode | undefined {
  if (
    names.includes('context_length_exceeded') ||
    /prompt is too long|context (?:length|window)/i.test(message)
  ) {
    return 'context_overflow';
  }
  const aboutTools = /tool_?(?:calls?|use|result)|tool messages|function (?:call|response)/i.test(message);
  if (aboutTools && (param === '' || param.startsWith('messages') || param.startsWith('input')))
    return 'broken_session';
  return undefined;
}
