/** Every recording of a real cagent, cut into chunks anywhere, gives the outcome that it should. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import { CAGENT_RECORDINGS } from '@mobyclaw/testkit/cagent-recordings';
import { describe, expect, it } from 'vitest';
import type { RunEvent, RunOutcome } from './agent.ts';
import { createAgentClient } from './agent-client.ts';
import type { AgentErrorCode } from './agent-error.ts';
import { isRun, sendJson, testServer } from './testing/server.ts';
import type { Decision, Wanted } from './wanted.ts';

const SEEDS = [1, 2, 3, 4, 5];

interface Expected {
  kind?: RunOutcome['kind'];
  text: string;
  /** What the agent stored, where it differs from the stream. */
  stored?: string;
  replaced?: boolean;
  error?: AgentErrorCode;
  status?: number;
  openToolCall?: boolean;
  tools?: string[];
  notices?: RegExp[];
  /** What the owner decides; without it, all is refused. */
  decision?: Decision;
  resumes?: number;
  elicitations?: string[];
  /** The server breaks the connection instead of ending the body. */
  breaks?: boolean;
  reasoning?: boolean;
}

const HELLO = 'Hello there, friend <&>.';
const NUMBERS = 'one two three four five';
const TO_TWENTY =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty';
/** The scripted Anthropic sends its input tokens in message_start alone, as some proxies do. */
const NO_INPUT = /reported no input tokens/;
const FAILED_TOOLSETS = /Some toolsets failed/;

const EXPECTED: Record<string, Expected> = {
  'after-cancel-in-tool': { text: 'history 2 user messages' },
  'agent-killed': {
    kind: 'failed',
    error: 'agent_died',
    text: `${NUMBERS} `,
    openToolCall: false,
    breaks: true,
  },
  'agent-sigterm': { kind: 'failed', error: 'agent_died', text: `${NUMBERS} `, openToolCall: false },
  'answer-empty': { text: '' },
  'answer-length': { text: 'truncated by the limit' },
  answer: { text: HELLO },
  'anthropic-badkey': { kind: 'failed', error: 'auth', status: 401, text: '' },
  'anthropic-fails-mid-answer': {
    kind: 'failed',
    error: 'overloaded',
    text: 'Hello, I am Moby.',
    reasoning: true,
  },
  'anthropic-overloaded': { kind: 'failed', error: 'overloaded', status: 529, text: '' },
  'anthropic-retried-mid-answer': {
    text: 'Hello, I am Moby.',
    stored: 'Hello, I am Moby.',
    replaced: true,
    reasoning: true,
    notices: [NO_INPUT],
  },
  'anthropic-thinking-tool': {
    text: 'Hello, I am Moby.\n\nHello, I am Moby.',
    tools: ['memory_append:ok'],
    reasoning: true,
    notices: [NO_INPUT],
  },
  'anthropic-thinking': { text: 'Hello, I am Moby.', reasoning: true, notices: [NO_INPUT] },
  'auto-title': { text: TO_TWENTY },
  'cancel-in-tool': {
    kind: 'failed',
    error: 'agent_died',
    text: '',
    openToolCall: true,
    tools: ['slow_tool:open'],
  },
  'cancel-mid-answer': { kind: 'failed', error: 'agent_died', text: `${NUMBERS} `, openToolCall: false },
  'confirm-approve': {
    text: 'Noted, Alice.',
    tools: ['memory_append:ok'],
    decision: { kind: 'tool', approve: true },
    resumes: 1,
  },
  'confirm-invalid-then-approve-session': {
    text: 'Both done.',
    tools: ['memory_read:ok', 'memory_append:ok'],
    decision: { kind: 'tool', approve: true },
    resumes: 1,
  },
  'confirm-reject': {
    text: 'Noted, Alice.',
    tools: ['memory_append:failed'],
    resumes: 1,
  },
  'image-in': { text: HELLO },
  'max-iterations-reject': {
    text: 'Execution stopped after reaching the limit.',
    stored: 'Execution stopped after reaching the limit.',
    replaced: true,
    tools: Array.from({ length: 6 }, () => 'memory_read:ok'),
    resumes: 1,
  },
  'mcp-back': { text: 'Noted, Alice.', tools: ['memory_append:ok'], notices: [FAILED_TOOLSETS] },
  'mcp-call-refused': { text: 'Noted, Alice.', tools: ['memory_append:failed'] },
  'mcp-down': { text: HELLO, notices: [FAILED_TOOLSETS] },
  'mcp-elicitation-stateless': { text: 'You answered.', tools: ['ask_tool:failed'] },
  'mcp-killed-in-call': { text: 'The slow tool ended.', tools: ['slow_tool:failed'] },
  // The answer that was recorded is to the summary: the question was in it.
  'model-context-overflow': {
    kind: 'failed',
    error: 'context_overflow',
    text: '',
    notices: [/exceeded the model's context window/],
  },
  'model-cut-mid-answer': { kind: 'failed', error: 'provider_unavailable', text: 'This answer is cut ' },
  'model-err401': { kind: 'failed', error: 'auth', status: 401, text: '' },
  'model-err429': { kind: 'failed', error: 'rate_limited', status: 429, text: '' },
  'model-err500': { kind: 'failed', error: 'provider_unavailable', status: 500, text: '' },
  'permission-deny': { text: 'The shell said hello.', tools: ['shell:failed'] },
  'sub-agent': { text: 'The researcher reports.', tools: ['transfer_task:ok'] },
  'text-then-tool': { text: 'Let me look that up. \n\nDone looking.', tools: ['memory_read:ok'] },
  'tool-fails': { text: 'The tool failed.', tools: ['fail_tool:failed'] },
  'tool-mcp': { text: 'Noted, Alice.', tools: ['memory_append:ok'] },
  'tool-shell': { text: 'The shell said hello.', tools: ['shell:ok'] },
  'tool-think': { text: 'Thought.', tools: ['think:ok'] },
  'tool-unknown': { text: 'No such tool.', tools: ['no_such_tool:failed'] },
  'two-at-once-a': { text: TO_TWENTY },
  'two-at-once-b': { text: 'The slow tool ended.', tools: ['slow_tool:ok'] },
  'two-tools': { text: 'Both done.', tools: ['memory_read:ok', 'memory_append:ok'] },
  'user-prompt-accept': {
    text: 'Thanks.',
    tools: ['user_prompt:ok'],
    decision: { kind: 'form', action: 'accept', content: { answer: 'blue' } },
    elicitations: ['accept'],
  },
  'user-prompt-cancel': {
    text: 'Thanks.',
    tools: ['user_prompt:failed'],
    decision: { kind: 'form', action: 'cancel' },
    elicitations: ['cancel'],
  },
  'user-prompt-decline': {
    text: 'Thanks.',
    tools: ['user_prompt:failed'],
    elicitations: ['decline'],
  },
};

/** What the recorded questions were about. */
const WANTED: Record<Decision['kind'], object> = {
  tool: { tool: 'memory_append', args: { section: expect.any(String), text: expect.any(String) } },
  form: { message: 'Which colour?', title: 'Colour', schema: expect.objectContaining({ type: 'object' }) },
  rounds: { rounds: 6 },
};

const recordings = readdirSync(CAGENT_RECORDINGS)
  .filter((name) => name.endsWith('.sse'))
  .map((name) => name.slice(0, -'.sse'.length));

describe('recordings of cagent v1.32.3', () => {
  it('each have an expected outcome', () => {
    expect(recordings.filter((name) => !(name in EXPECTED))).toEqual([]);
    expect(recordings).toHaveLength(Object.keys(EXPECTED).length);
  });

  for (const name of recordings) {
    const expected = EXPECTED[name];
    if (!expected) continue;
    it(name, async () => {
      for (const seed of SEEDS) await replay(name, expected, seed);
    });
  }
});

async function replay(name: string, expected: Expected, seed: number): Promise<void> {
  const bytes = readFileSync(join(CAGENT_RECORDINGS, `${name}.sse`));
  const sessionId = ownSession(bytes.toString('utf8'));
  const answered = new Answers();
  const server = await testServer(async (asked, response) => {
    if (isRun(asked)) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      // What came after a question came because it was answered.
      for (const [index, part] of partsBetweenQuestions(bytes).entries()) {
        if (index > 0) await answered.next();
        for (const chunk of cut(part, seed)) {
          response.write(chunk);
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      if (expected.breaks) response.destroy();
      else response.end();
    } else if (asked.method === 'GET') {
      sendJson(response, 200, storedSession(sessionId, expected.stored ?? ''));
    } else {
      sendJson(response, 200, { message: 'session resumed' });
      answered.note();
    }
  });
  const client = createAgentClient({
    url: server.url,
    clock: systemClock,
    logger: silentLogger,
    generation: 'messages-array',
  });
  const events: RunEvent[] = [];
  const wanted: Wanted[] = [];
  const { decision } = expected;
  const decide = async (one: Wanted): Promise<Decision> => {
    wanted.push(one);
    return decision as Decision;
  };
  const request = { sessionId, text: 'as recorded', identity: {}, ...(decision ? { decide } : {}) };
  const outcome = await client.run(request, (event) => events.push(event), new AbortController().signal);
  client.close();

  expect(outcome.kind).toBe(expected.kind ?? 'completed');
  const streamed = events.map((event) => (event.type === 'text' ? event.text : '')).join('');
  if (outcome.kind === 'completed') {
    expect(outcome).toEqual({
      kind: 'completed',
      text: expected.text,
      replaced: expected.replaced ?? false,
      empty: expected.text === '',
    });
    if (!expected.replaced) expect(streamed).toBe(expected.text);
  } else expect(outcome.partial).toBe(expected.text);
  if (outcome.kind === 'failed') {
    expect(outcome.error.code).toBe(expected.error);
    expect(outcome.error.status).toBe(expected.status);
    expect(outcome.openToolCall).toBe(expected.openToolCall ?? false);
  }
  expect(toolStory(events)).toEqual(expected.tools ?? []);
  const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  expect(notices).toHaveLength(expected.notices?.length ?? 0);
  for (const [index, notice] of (expected.notices ?? []).entries()) expect(notices[index]).toMatch(notice);
  if (decision) expect(wanted).toEqual([expect.objectContaining(WANTED[decision.kind])]);
  expect(events.some((event) => event.type === 'reasoning')).toBe(expected.reasoning ?? false);
  expect(events.some((event) => event.type === 'model')).toBe(true);
  // cagent names the model of a call without its provider, by which the owner's prices may go.
  for (const event of events) if (event.type === 'usage') expect(event.model).toMatch(/^(fake|anthropic)\//);
  expect(server.asked.filter(({ path }) => path.endsWith('/resume'))).toHaveLength(expected.resumes ?? 0);
  const elicitations = server.asked.filter(({ path }) => path.endsWith('/elicitation'));
  expect(elicitations.map(({ body }) => JSON.parse(body).action)).toEqual(expected.elicitations ?? []);
  // The stored session is asked for only where the stream cannot be trusted.
  expect(server.asked.some(({ method }) => method === 'GET')).toBe(expected.stored !== undefined);
  await server.close();
}

/** Answers to questions, counted whether somebody waits for them or not. */
class Answers {
  #count = 0;
  #wake: (() => void) | null = null;

  note(): void {
    this.#count++;
    this.#wake?.();
  }

  async next(): Promise<void> {
    while (this.#count === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#count--;
  }
}

function partsBetweenQuestions(recording: Buffer): Buffer[] {
  const question =
    /data: \{"type":"(?:tool_call_confirmation|max_iterations_reached|elicitation_request)".*\n\n/g;
  const text = recording.toString('latin1');
  const ends = [...text.matchAll(question)].map((match) => match.index + match[0].length);
  return [0, ...ends].map((start, index) => recording.subarray(start, ends[index]));
}

function ownSession(recording: string): string {
  return /"type":"stream_started","session_id":"([^"]+)"/.exec(recording)?.[1] ?? '';
}

/** Chunks of 1 to 700 bytes; a small generator, so that a failure can be repeated. */
function* cut(bytes: Buffer, seed: number): Generator<Buffer> {
  let state = seed;
  for (let at = 0; at < bytes.length; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const length = 1 + (state % 700);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

function toolStory(events: RunEvent[]): string[] {
  const calls = new Map<string, string>();
  for (const event of events) {
    if (event.type !== 'tool') continue;
    const state = event.phase === 'end' ? (event.ok ? 'ok' : 'failed') : 'open';
    calls.set(event.id, `${event.name}:${state}`);
  }
  return [...calls.values()];
}

function storedSession(id: string, answer: string): unknown {
  return {
    id,
    title: 'recording',
    created_at: '2026-11-21T03:00:05Z',
    messages: [
      { agentName: '', message: { role: 'user', content: 'before' } },
      { agentName: 'root', message: { role: 'assistant', content: 'an older answer' } },
      { agentName: '', message: { role: 'user', content: 'as recorded' } },
      { agentName: 'root', message: { role: 'assistant', content: answer } },
    ],
  };
}
