/** What a run does, step by step: the default one follows the directives of the prompt, a test may give its own. */
import type { Directives } from './directives.ts';

export interface ToolStep {
  name: string;
  args?: unknown;
  /** How long it takes, in milliseconds. */
  ms?: number;
  result?: string;
  /** What it really does, and answers: a call of a real tool, say. */
  act?: () => Promise<string>;
  fails?: boolean;
  confirm?: boolean;
  /** What the model was told in the end: written here for the steps that follow. */
  told?: string;
}

export type Step =
  /** One token of the answer, `afterMs` after the one before; with `stamp` the time it was sent stands for the text. */
  | { do: 'text'; text: string; afterMs?: number; stamp?: boolean; ends?: boolean }
  | { do: 'reasoning'; text: string }
  | { do: 'wait'; ms: number }
  /** The calls of one model turn: one after the other in the old generation, side by side in the new one. */
  | { do: 'tools'; calls: ToolStep[] }
  /** The provider broke off and the agent tries again, without a word. */
  | { do: 'retry-silently' }
  /** The run fails; `code` is sent by the new generation only. */
  | { do: 'fail'; error: string; code?: string }
  /** The tool `user_prompt` asks for a form. */
  | { do: 'elicit'; message: string; schema?: object }
  | { do: 'max-iterations' }
  | { do: 'sub-agent'; text: string }
  /** Waits for an answer to a confirmation that an `event` asked for. */
  | { do: 'await-answer' }
  /** Says what the tools returned last. */
  | { do: 'report' }
  | { do: 'event'; event: Record<string, unknown> }
  /** The embedded agent's word for an answer that its model had to cut. */
  | { do: 'cut-at-limit' }
  | { do: 'silence' }
  | { do: 'hang-up'; how: 'eof' | 'reset' }
  | { do: 'die' };

export type Script = Iterable<Step>;

/** Shorter than any retry of cagent, which waits 200 ms less 10 % at least. */
const RETRY_PAUSE_MS = 210;
const STATUS_TEXT: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** @param seen how often this turn came before */
export function* defaultScript(directives: Directives, seen: number): Generator<Step> {
  const { fault: asked, times, ttftMs } = directives;
  const fault = seen < times ? asked : undefined;
  if (directives.warning) yield { do: 'event', event: toolServerDown() };
  if (fault?.kind === 'error') {
    yield {
      do: 'fail',
      error: providerError(fault.at),
      code: fault.at === 429 ? 'rate_limited' : 'model_error',
    };
    return;
  }
  for (const names of directives.toolTurns) yield* toolTurn(names, directives);
  if (directives.elicit) yield { do: 'elicit', message: 'Which colour?' };
  if (directives.maxIterations) yield { do: 'max-iterations' };
  if (directives.subAgent) yield { do: 'sub-agent', text: 'Facts were found.' };
  if (ttftMs > 0) yield { do: 'wait', ms: ttftMs };
  for (let index = 0; index < directives.reasoning; index++)
    yield { do: 'reasoning', text: `thought ${index} ` };
  if (directives.empty) return;
  yield* speak(directives, fault);
  if (directives.report) yield { do: 'report' };
  if (directives.limit) yield { do: 'cut-at-limit' };
}

function* toolTurn(names: readonly string[], directives: Directives): Generator<Step> {
  const calls = names
    .filter((name) => !directives.mayHaveRun.includes(name))
    .map((name) => ({
      name,
      args: { text: directives.text.slice(0, 200) },
      ms: directives.toolMs,
      fails: directives.toolFails,
      confirm: directives.confirm,
    }));
  if (calls.length > 0) yield { do: 'tools', calls };
}

function* speak(directives: Directives, fault: Fault | undefined): Generator<Step> {
  const tokens = answerTokens(directives);
  const { stamp, paragraph, intervalMs: afterMs } = directives;
  const say = (text: string): Step => ({ do: 'text', text, afterMs, stamp });
  const attempts = fault?.kind === 'silent-retry' ? 1 : fault?.kind === 'silent-fail' ? 3 : 0;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    for (const token of tokens.slice(0, fault?.at)) yield say(token);
    if (attempt === 3) yield { do: 'fail', error: OVERLOADED_IN_STREAM, code: 'model_error' };
    else yield { do: 'wait', ms: RETRY_PAUSE_MS * attempt };
    yield { do: 'retry-silently' };
  }
  if (fault?.kind === 'silent-fail') return;
  for (const [index, token] of tokens.entries()) {
    if (index === fault?.at) yield* strike(fault);
    yield { ...say(token), ...(paragraph > 0 && (index + 1) % paragraph === 0 && { ends: true }) } as Step;
  }
  if (fault && fault.at >= tokens.length) yield* strike(fault);
}

type Fault = NonNullable<Directives['fault']>;

function* strike({ kind }: Fault): Generator<Step> {
  switch (kind) {
    case 'cut':
      yield { do: 'fail', error: BROKEN_OFF, code: 'model_error' };
      break;
    case 'silence':
    case 'die':
      yield { do: kind };
      break;
    case 'eof':
    case 'reset':
      yield { do: 'hang-up', how: kind };
      break;
  }
}

const BROKEN_OFF = 'all models failed: error receiving from stream: unexpected EOF';
const OVERLOADED_IN_STREAM =
  'all models failed: error receiving from stream: received error while streaming: ' +
  '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n';

/** "You said: …", cut or stretched to the number of tokens asked for; nothing of the prompt is left out. */
export function answerTokens({ text, tokens, size }: Directives): string[] {
  if (size !== undefined) return ['x'.repeat(size)];
  const words = `You said: ${text}`.split(/(?<=\s)/);
  if (tokens === undefined || words.length === tokens) return words;
  if (tokens <= 0) return [];
  if (words.length > tokens) return [...words.slice(0, tokens - 1), words.slice(tokens - 1).join('')];
  return Array.from({ length: tokens }, (_, index) => words[index] ?? ` word${index}`);
}

/** As cagent writes what an OpenAI-compatible provider answered. */
export function providerError(status: number, body?: Record<string, unknown>): string {
  const json = JSON.stringify(body ?? { message: `scripted ${status}`, type: 'server_error' });
  const said = `${status} ${STATUS_TEXT[status] ?? ''} ${json}`;
  return `all models failed: error receiving from stream: POST "http://127.0.0.1:9901/v1/chat/completions": ${said}`;
}

/** What OpenAI-type providers answer for good to a history in which a tool call has no result. */
export function danglingCallError(callIds: readonly string[]): string {
  return providerError(400, {
    message:
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `The following tool_call_ids did not have response messages: ${callIds.join(', ')}`,
    type: 'invalid_request_error',
    param: 'messages.[2].role',
    code: null,
  });
}

function toolServerDown(): Record<string, unknown> {
  return {
    type: 'warning',
    message:
      "Some toolsets failed to initialize for agent 'root'.\n\nDetails:\n\n" +
      '- mcp(remote host=127.0.0.1:9100 transport=streamable) start failed: connection refused',
  };
}
