/** Whatever comes over the wire, a run settles with a typed outcome and the next one works. */
import type { ServerResponse } from 'node:http';
import { systemClock } from '@mobyclaw/lib/clock';
import { type Logger, silentLogger } from '@mobyclaw/lib/logger';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentClient, RunEvent, RunOutcome } from './agent.ts';
import { createAgentClient } from './agent-client.ts';
import { isRun, line, sendJson, type TestServer, testServer } from './testing/server.ts';

const SESSION = 'session-1';
const SEED = Number(process.env.FUZZ_SEED ?? 20261121);
const own = (type: string, more: Record<string, unknown> = {}): string =>
  line({ type, session_id: SESSION, ...more });
const stop = own('stream_stopped');
/** How an answer ends: its message is stored, then the run stops. */
const whole = own('message_added') + stop;

type Ending = 'end' | 'reset' | 'destroy';

interface Bed {
  server: TestServer;
  client: AgentClient;
  /** What the next run answers. */
  write: (response: ServerResponse) => Promise<void>;
}

async function bed(lineBytes = 64 * 1024 * 1024): Promise<Bed> {
  const made: Partial<Bed> = {};
  const server = await testServer(async (asked, response) => {
    if (!isRun(asked)) return sendJson(response, 200, { id: SESSION, messages: [] });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    await made.write?.(response);
  });
  const client = createAgentClient({
    url: server.url,
    clock: systemClock,
    logger: silentLogger,
    generation: 'messages-array',
    limits: { lineBytes },
  });
  return Object.assign(made, { server, client, write: async () => undefined });
}

async function run(client: AgentClient): Promise<{ outcome: RunOutcome; events: RunEvent[] }> {
  const events: RunEvent[] = [];
  const request = { sessionId: SESSION, text: 'hi', identity: {} };
  const outcome = await client.run(request, (event) => events.push(event), new AbortController().signal);
  return { outcome, events };
}

function send(chunks: readonly Buffer[], ending: Ending): Bed['write'] {
  return async (response) => {
    for (const chunk of chunks) {
      response.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (ending === 'end') response.end();
    else if (ending === 'destroy') response.destroy();
    else response.socket?.resetAndDestroy();
  };
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const cut of cuts) {
    chunks.push(bytes.subarray(at, at + cut));
    at += cut;
  }
  return [...chunks, bytes.subarray(at)].filter((chunk) => chunk.length > 0);
}

const TYPES = [
  'agent_choice',
  'agent_choice_reasoning',
  'partial_tool_call',
  'tool_call',
  'tool_call_response',
  'message_added',
  'token_usage',
  'agent_info',
  'error',
  'warning',
  'stream_started',
  'stream_stopped',
  'session_compaction',
  'model_fallback',
  'hook_started',
  '__proto__',
];
const FIELDS = [
  'content',
  'tool_call',
  'tool_call_id',
  'result',
  'response',
  'usage',
  'error',
  'code',
  'message',
  'status',
  'reason',
  'timestamp',
  'agent_name',
  'model',
  'session_id',
  'tool_definition',
];

/** Right types with wrong fields. */
const oddEvent = fc
  .record({
    type: fc.constantFrom(...TYPES),
    fields: fc.dictionary(fc.constantFrom(...FIELDS), fc.jsonValue({ maxDepth: 3 })),
    mine: fc.boolean(),
  })
  .map(({ type, fields, mine }) => line({ type, ...fields, ...(mine ? { session_id: SESSION } : {}) }));
const goodEvent = fc.string({ unit: 'grapheme' }).map((content) => own('agent_choice', { content }));
const noise = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => `data: ${text}\n\n`),
  fc.constantFrom(
    ': ping\n\n',
    'id: 7\n',
    'event: x\r\n',
    'retry: 1\n\n',
    'data:\n\n',
    'data: null\n',
    'data: []\n',
    '\0\0\0\n',
    'data: {"type":"agent_choice","content":"\0"}\n\n',
    'data: {"type":\n\n',
    '\ufeff',
  ),
);
const stream = fc
  .array(fc.oneof({ weight: 3, arbitrary: goodEvent }, oddEvent, noise, fc.uint8Array({ maxLength: 40 })))
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array & string))));

describe('fuzzed streams', () => {
  it(`settle, whatever comes (seed ${SEED})`, { timeout: 120_000 }, async () => {
    const scene = await bed();
    const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 30 });
    const ending = fc.constantFrom<Ending>('end', 'reset', 'destroy');
    await fc.assert(
      fc.asyncProperty(stream, cuts, ending, fc.boolean(), async (bytes, at, how, stops) => {
        const sent = stops ? Buffer.concat([bytes, Buffer.from(`\n\n${stop}`)]) : bytes;
        scene.write = send(cutAt(sent, at), how);
        const { outcome } = await run(scene.client);
        expect(['completed', 'failed']).toContain(outcome.kind);
        if (!stops && how !== 'end') expect(outcome.kind === 'failed' && outcome.error.message).not.toBe('');
      }),
      { numRuns: 300, seed: SEED },
    );
    scene.write = send([Buffer.from(own('agent_choice', { content: 'fine' }) + whole)], 'end');
    expect((await run(scene.client)).outcome).toMatchObject({ kind: 'completed', text: 'fine' });
  });

  it(`lose no text to noise or cuts (seed ${SEED})`, { timeout: 120_000 }, async () => {
    const scene = await bed();
    const pieces = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), noise), { maxLength: 15 });
    const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(pieces, cuts, async (parts, at) => {
        const text = parts
          .map(([content, between]) => `${own('agent_choice', { content })}${between}\n`)
          .join('');
        scene.write = send(cutAt(Buffer.from(`${text}\n${whole}`), at), 'end');
        const { outcome, events } = await run(scene.client);
        const expected = parts.map(([content]) => content).join('');
        expect(outcome).toMatchObject({ kind: 'completed', text: expected, replaced: false });
        expect(events.map((event) => (event.type === 'text' ? event.text : '')).join('')).toBe(expected);
      }),
      { numRuns: 100, seed: SEED },
    );
  });

  it('take a line of 20 MB, of text and of what nobody needs', { timeout: 60_000 }, async () => {
    const scene = await bed();
    const huge = 'x'.repeat(20 * 1024 * 1024);
    const echo = own('user_message', { message: huge });
    const answer = own('agent_choice', { content: huge });
    scene.write = send(
      cutAt(
        Buffer.from(echo + answer + whole),
        Array.from({ length: 600 }, () => 65_536),
      ),
      'end',
    );
    const { outcome } = await run(scene.client);
    expect(outcome).toMatchObject({ kind: 'completed', replaced: false });
    expect(outcome.kind === 'completed' && outcome.text.length).toBe(huge.length);
  });

  it('are given up at a line over the cap, whatever follows', async () => {
    const scene = await bed(10_000);
    const bytes = Buffer.from(
      own('agent_choice', { content: 'before ' }) + own('agent_choice', { content: 'x'.repeat(20_000) }),
    );
    scene.write = send(cutAt(bytes, [300, 5_000, 5_000]), 'end');
    const { outcome } = await run(scene.client);
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'stream_corrupt', remedy: 'none' },
      partial: 'before ',
    });
  });

  it('are logged where they are broken, without what they say', async () => {
    const scene = await bed();
    const logged: unknown[] = [];
    const logger: Logger = Object.create(silentLogger, {
      warn: { value: (...args: unknown[]) => logged.push(args) },
    });
    const client = createAgentClient({
      url: scene.server.url,
      clock: systemClock,
      logger,
      generation: 'messages-array',
    });
    scene.write = send([Buffer.from(`data: {"secret words\n\ndata: more secrets\n\n${stop}`)], 'end');
    expect((await run(client)).outcome).toMatchObject({ kind: 'completed', empty: true });
    client.close();
    expect(logged).toHaveLength(1);
    expect(JSON.stringify(logged)).toContain('"lines":2');
    expect(JSON.stringify(logged)).not.toContain('secret');
  });

  it('that are no stream of an agent are said to be none', async () => {
    const scene = await bed();
    scene.write = send([Buffer.from('<html>Welcome to the router</html>')], 'end');
    expect((await run(scene.client)).outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'stream_corrupt' },
    });
  });

  it('tell of a growing tool call once, though it repeats itself with each token', async () => {
    const scene = await bed();
    const fn = (length: number): unknown => ({
      name: 'write_file',
      arguments: `{"text":"${'y'.repeat(length)}`,
    });
    const partial = (length: number): string =>
      line({
        type: 'partial_tool_call',
        tool_call: { id: 'call_1', type: 'function', function: fn(length) },
      });
    const partials = Array.from({ length: 200 }, (_, index) => partial(index * 500)).join('');
    scene.write = send([Buffer.from(partials + own('message_added') + stop)], 'end');
    const { outcome, events } = await run(scene.client);
    expect(outcome.kind).toBe('completed');
    expect(events.filter(({ type }) => type === 'tool')).toMatchObject([
      { name: 'write_file', phase: 'start' },
      { name: 'write_file', phase: 'end', ok: false },
    ]);
  });
});
