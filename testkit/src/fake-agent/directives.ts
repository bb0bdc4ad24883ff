/**
 * What a prompt tells the fake agent to do, so that anything that can send a prompt can script it. Words of the prompt:
 *
 *   tokens=50         length of the answer, which always begins with "You said: <prompt>"
 *   interval=20ms     time between tokens            ttft=100ms       time before the first
 *   paragraph=40      a stamped token that ends a paragraph, each 40
 *   reasoning=3       reasoning tokens before it     stamp            each token holds the time it was sent, in ms
 *   size=2000000      one token of that many characters
 *   tool=memory_append[,other]                       tools of one model turn; repeat for one turn after the other
 *   tool-ms=100       how long each takes            tool-fails       they answer with an error
 *   confirm           they ask for a confirmation    drop-resume=2    that many answers to it get lost
 *   elicit            a form is asked for            max-iterations   the iteration limit is reached
 *   report            the answer ends with what the tools returned
 *   insist            tools run again although they may have run
 *   sub-agent         another agent speaks in between
 *   warning           a tool server is down          empty            the answer is empty
 *   limit             the model's limit of tokens cuts the answer
 *   error=429         the provider refuses           cut=5            it breaks off after 5 tokens
 *   silent-retry=7    it breaks off after 7 tokens, and the agent starts over without a word
 *   silent-fail=7     the same, until the third time
 *   silence[=5]       nothing more comes             eof[=5]          the body ends without its end
 *   reset[=5]         the connection is reset        die[=5]          the agent dies
 *   times=1           the last eight only the first so many times that a turn (X-Moby-Turn) is seen
 *
 * The gateway's block `[moby-context]…[/moby-context]` is no part of the prompt; a note in it that tools "may already
 * have run: a, b" keeps the fake model from running these again, as a sensible one would look first.
 */
import { parseDuration } from '@mobyclaw/lib/duration';

export interface Directives {
  /** The person's own words. */
  text: string;
  /** Names of tools that may have acted already. */
  mayHaveRun: readonly string[];
  tokens?: number;
  intervalMs: number;
  ttftMs: number;
  reasoning: number;
  stamp: boolean;
  /** After so many tokens a paragraph ends; 0: never. */
  paragraph: number;
  size?: number;
  /** One list a model turn. */
  toolTurns: string[][];
  toolMs: number;
  toolFails: boolean;
  confirm: boolean;
  dropResume: number;
  elicit: boolean;
  report: boolean;
  maxIterations: boolean;
  subAgent: boolean;
  warning: boolean;
  empty: boolean;
  limit: boolean;
  times: number;
  fault?: Fault;
}

export interface Fault {
  kind: 'error' | 'cut' | 'silent-retry' | 'silent-fail' | 'silence' | 'eof' | 'reset' | 'die';
  /** Status of `error`; of the others the token after which it happens. */
  at: number;
}

const FAULTS: readonly Fault['kind'][] = [
  'error',
  'cut',
  'silent-retry',
  'silent-fail',
  'silence',
  'eof',
  'reset',
  'die',
];

export function readDirectives(prompt: string): Directives {
  const { context, text } = splitContext(prompt);
  const values = new Map<string, string>();
  const toolTurns: string[][] = [];
  for (const word of text.split(/\s+/)) {
    const [, key, value = ''] = /^([a-z-]+)(?:=(\S+))?$/.exec(word) ?? [];
    if (key === undefined) continue;
    if (key === 'tool' && value !== '') toolTurns.push(value.split(','));
    else values.set(key, value);
  }
  const number = (key: string): number | undefined => {
    const value = values.get(key);
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const duration = (key: string): number => {
    const value = values.get(key);
    return value === undefined ? 0 : parseDuration(/^\d+$/.test(value) ? `${value}ms` : value);
  };
  const tokens = number('tokens');
  const size = number('size');
  const faultKind = FAULTS.find(
    (kind) => values.has(kind) && (kind !== 'error' || number(kind) !== undefined),
  );
  return {
    text,
    mayHaveRun: values.has('insist')
      ? []
      : (/may already have run: ([\w-]+(?:, [\w-]+)*)/.exec(context)?.[1]?.split(', ') ?? []),
    ...(tokens === undefined ? {} : { tokens }),
    intervalMs: duration('interval'),
    ttftMs: duration('ttft'),
    reasoning: number('reasoning') ?? 0,
    stamp: values.has('stamp'),
    paragraph: number('paragraph') ?? 0,
    ...(size === undefined ? {} : { size }),
    toolTurns,
    toolMs: duration('tool-ms'),
    toolFails: values.has('tool-fails'),
    confirm: values.has('confirm'),
    dropResume: number('drop-resume') ?? 0,
    elicit: values.has('elicit'),
    report: values.has('report'),
    maxIterations: values.has('max-iterations'),
    subAgent: values.has('sub-agent'),
    warning: values.has('warning'),
    empty: values.has('empty'),
    limit: values.has('limit'),
    times: number('times') ?? Number.POSITIVE_INFINITY,
    ...(faultKind === undefined ? {} : { fault: { kind: faultKind, at: number(faultKind) ?? 0 } }),
  };
}

/** Only the first block is genuine, and only where the prompt begins with it. */
function splitContext(prompt: string): { context: string; text: string } {
  const close = '[/moby-context]';
  const end = prompt.startsWith('[moby-context') ? prompt.indexOf(close) : -1;
  if (end === -1) return { context: '', text: prompt };
  return { context: prompt.slice(0, end), text: prompt.slice(end + close.length).trimStart() };
}
