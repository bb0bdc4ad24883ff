/** The scenarios of the recordings, live: the embedded agent in front of a scripted model, read by the same rules. */
import type { CagentEvent } from '@mobyclaw/protocol/cagent';
import {
  afterTools,
  lastUserText,
  type ModelRequest,
  type ScriptedAnswer,
  startFakeModel,
} from '@mobyclaw/testkit/fake-model';
import { type McpTestServer, startMcpServer, textResult } from '@mobyclaw/testkit/mcp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeSoul, ofType, startAgent, textOf } from './testing/agent.ts';
import { violations } from './testing/conformance.ts';

const PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const GREETING = ['Hello ', 'there, ', 'friend ', '<&>.'];
const append = {
  id: 'call_mem1',
  name: 'memory_append',
  arguments: '{"section":"People","text":"The owner is Alice."}',
};
const read = (id: string) => ({ id, name: 'memory_read', arguments: '{"file":"MEMORY.md"}' });

const SCRIPT: Record<string, (request: ModelRequest) => ScriptedAnswer> = {
  hello: () => ({ text: GREETING }),
  saythencall: (request) =>
    afterTools(request)
      ? { text: ['Done ', 'looking.'] }
      : { text: ['Let me ', 'look. '], toolCalls: [read('call_s1')] },
  remember: (request) => (afterTools(request) ? { text: ['Noted, ', 'Alice.'] } : { toolCalls: [append] }),
  two: (request) =>
    afterTools(request)
      ? { text: ['Both ', 'done.'] }
      : { toolCalls: [read('call_a'), { ...append, id: 'call_b' }] },
  failtool: (request) =>
    afterTools(request)
      ? { text: ['It failed.'] }
      : { toolCalls: [{ id: 'call_f', name: 'fail_tool', arguments: '{}' }] },
  unknowntool: (request) =>
    afterTools(request)
      ? { text: ['No such tool.'] }
      : { toolCalls: [{ id: 'call_u', name: 'no_such_tool', arguments: '{"x":1}' }] },
  badjson: (request) =>
    afterTools(request)
      ? { text: ['Sorry.'] }
      : { toolCalls: [{ id: 'call_j', name: 'memory_read', arguments: '{"file":' }] },
  loop: (request) => ({ toolCalls: [read(`call_l${request.messages.length}`)] }),
  empty: () => ({}),
  think: () => ({ reasoning: ['Hm, ', 'well. '], text: ['Thought.'] }),
  cut: () => ({ text: ['This ', 'answer ', 'is ', 'cut '], cut: true }),
  err401: () => ({
    status: 401,
    body: {
      error: {
        message: 'Incorrect API key provided',
        type: 'invalid_request_error',
        code: 'invalid_api_key',
      },
    },
  }),
  err429: () => ({ status: 429, body: { error: { message: 'slow down' } } }),
  err500: () => ({ status: 500, body: { error: { message: 'oops' } } }),
  look: () => ({ text: GREETING }),
};

async function startTools(): Promise<McpTestServer> {
  const text = { type: 'string' };
  const server = await startMcpServer({
    memory_read: {
      description: 'Read a memory file',
      inputSchema: { type: 'object', properties: { file: text }, required: ['file'] },
      annotations: { readOnlyHint: true, title: 'Read memory' },
      call: ({ file }) => textResult(`# Memory\n${file}`),
    },
    memory_append: {
      description: 'Append to a section',
      inputSchema: { type: 'object', properties: { section: text, text }, required: ['section', 'text'] },
      annotations: { title: 'Append to memory' },
      call: ({ section }) => ({ ...textResult(`appended to ${section}`), structuredContent: { lines: 1 } }),
    },
    fail_tool: {
      description: 'Fails',
      inputSchema: { type: 'object', properties: {} },
      call: () => textResult('It did not work.', true),
    },
  });
  onTestFinished(() => server.close());
  return server;
}

async function start(agent = '', rest = '') {
  const model = await startFakeModel(
    (request) => SCRIPT[lastUserText(request).split(' ')[0] ?? '']?.(request) ?? {},
  );
  onTestFinished(() => model.close());
  const tools = await startTools();
  const agentUnderTest = await startAgent(fakeSoul(model.baseUrl, { mcpUrl: tools.url, agent, rest }));
  return { model, tools, agent: agentUnderTest };
}

function types(events: readonly CagentEvent[]): string {
  const quiet = new Set(['mcp_init_started', 'mcp_init_finished', 'toolset_info', 'session_title']);
  return events
    .map((event) => event.type)
    .filter((type) => !quiet.has(type))
    .filter((type, index, list) => type !== list[index - 1] || type === 'message_added')
    .join(' ');
}

const HEAD = 'agent_info team_info user_message stream_started';
const CALL = 'tool_call tool_call_response message_added';

describe('a run', () => {
  it.each([
    ['hello', `${HEAD} agent_choice message_added token_usage stream_stopped`],
    [
      'saythencall',
      `${HEAD} agent_choice partial_tool_call message_added token_usage ${CALL} agent_choice message_added token_usage stream_stopped`,
    ],
    [
      'remember',
      `${HEAD} partial_tool_call message_added token_usage ${CALL} agent_choice message_added token_usage stream_stopped`,
    ],
    [
      'two',
      `${HEAD} partial_tool_call message_added token_usage ${CALL} ${CALL} agent_choice message_added token_usage stream_stopped`,
    ],
    [
      'failtool',
      `${HEAD} partial_tool_call message_added token_usage ${CALL} agent_choice message_added token_usage stream_stopped`,
    ],
    [
      'unknowntool',
      `${HEAD} partial_tool_call message_added token_usage tool_call_response message_added agent_choice message_added token_usage stream_stopped`,
    ],
    ['empty', `${HEAD} token_usage stream_stopped`],
    ['think', `${HEAD} agent_choice_reasoning agent_choice message_added token_usage stream_stopped`],
    ['cut', `${HEAD} agent_choice error stream_stopped`],
    ['err401', `${HEAD} error stream_stopped`],
    ['err429', `${HEAD} error stream_stopped`],
    ['err500', `${HEAD} error stream_stopped`],
  ])('%s', async (prompt, order) => {
    const { agent } = await start();
    const events = await agent.run(await agent.newSession(), `${prompt} please`);
    expect(violations(events, { cut: false })).toEqual([]);
    expect(types(events)).toBe(order);
  });

  it('lists the tools at the start and before every model call', async () => {
    const { agent } = await start();
    const events = await agent.run(await agent.newSession(), 'remember please');
    expect(events.slice(0, 12).map((event) => event.type)).toEqual([
      'agent_info',
      'team_info',
      'mcp_init_started',
      'mcp_init_finished',
      'toolset_info',
      'user_message',
      'stream_started',
      'session_title',
      'mcp_init_started',
      'mcp_init_finished',
      'toolset_info',
      'partial_tool_call',
    ]);
    expect(ofType(events, 'toolset_info').map((event) => event.available_tools)).toEqual([3, 3, 3]);
  });

  it('escapes <, > and & in a line as cagent does, and gives the text whole', async () => {
    const { agent } = await start();
    const lines: string[] = [];
    const events = await agent.run(await agent.newSession(), 'hello', {
      onEvent: (event) => lines.push(JSON.stringify(event)),
    });
    expect(textOf(events)).toBe('Hello there, friend <&>.');
  });

  it('passes on what a tool returned, and stores messages in cagent’s form', async () => {
    const { agent } = await start();
    const id = await agent.newSession();
    const events = await agent.run(id, 'remember please');
    expect(ofType(events, 'tool_call_response')[0]).toMatchObject({
      tool_call: {
        id: 'call_mem1',
        type: 'function',
        function: { name: 'memory_append', arguments: append.arguments },
      },
      tool_definition: {
        name: 'memory_append',
        category: '',
        annotations: { title: 'Append to memory' },
        outputSchema: null,
      },
      response: 'appended to People',
      result: { output: 'appended to People', structuredContent: { lines: 1 } },
    });
    expect((await agent.stored(id)).messages).toMatchObject([
      { agentName: '', message: { role: 'user', content: 'remember please' } },
      {
        agentName: 'root',
        message: {
          role: 'assistant',
          tool_calls: [
            {
              id: 'call_mem1',
              type: 'function',
              function: { name: 'memory_append', arguments: append.arguments },
            },
          ],
          model: 'fake-1',
          usage: { input_tokens: 80, output_tokens: 12, cached_input_tokens: 40 },
        },
      },
      { message: { role: 'tool', content: 'appended to People', tool_call_id: 'call_mem1' } },
      { message: { role: 'assistant', content: 'Noted, Alice.' } },
    ]);
    expect(await agent.stored(id)).toMatchObject({ input_tokens: 120, output_tokens: 12 });
  });

  it('counts tokens as cagent does', async () => {
    const { agent } = await start();
    const events = await agent.run(await agent.newSession(), 'hello');
    expect(ofType(events, 'token_usage')[0]?.usage).toEqual({
      input_tokens: 120,
      output_tokens: 12,
      context_length: 132,
      context_limit: 0,
      cost: 0,
      last_message: {
        input_tokens: 80,
        output_tokens: 12,
        cached_input_tokens: 40,
        cached_write_tokens: 0,
        Cost: 0,
        Model: 'fake/fake-1',
      },
    });
  });

  it('tells the model that a tool failed, does not exist, or was called with broken arguments', async () => {
    const { agent, model } = await start();
    for (const [prompt, text] of [
      ['failtool', /It did not work/],
      ['unknowntool', /no_such_tool/],
      ['badjson', /./],
    ] as const) {
      const events = await agent.run(await agent.newSession(), prompt);
      expect(violations(events, { cut: false })).toEqual(prompt === 'badjson' ? [] : []);
      expect(ofType(events, 'tool_call_response')[0]?.result?.isError).toBe(true);
      expect(JSON.stringify(model.requests.at(-1)?.messages.at(-1))).toMatch(text);
    }
  });

  it('gives errors of the provider with status and body, in cagent’s words', async () => {
    const { agent, model } = await start();
    const error = async (prompt: string): Promise<string> =>
      ofType(await agent.run(await agent.newSession(), prompt), 'error')[0]?.error ?? '';
    expect(await error('err401')).toBe(
      `all models failed: error receiving from stream: POST "${model.baseUrl}/chat/completions": 401 Unauthorized ` +
        '{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}',
    );
    expect(await error('err429')).toContain(': 429 Too Many Requests {"message":"slow down"}');
    expect(await error('err500')).toContain(': 500 Internal Server Error {"message":"oops"}');
    expect(await error('cut')).toBe('all models failed: error receiving from stream: unexpected EOF');
  });

  it('keeps the text that came before the provider broke off, and never starts it over', async () => {
    const { agent, model } = await start();
    const id = await agent.newSession();
    const events = await agent.run(id, 'cut please');
    expect(textOf(events)).toBe('This answer is cut ');
    expect(model.requests).toHaveLength(1);
    expect((await agent.stored(id)).messages?.at(-1)?.message).toMatchObject({
      role: 'assistant',
      content: 'This answer is cut ',
    });
  });

  it('takes pictures in, echoes them, and shows them to the model', async () => {
    const { agent, model } = await start();
    const multi_content = [
      { type: 'text', text: 'look at this' },
      { type: 'image_url', image_url: { url: PNG, detail: 'auto' } },
    ];
    const events = await agent.run(await agent.newSession(), {
      role: 'user',
      content: 'look',
      multi_content,
    });
    expect(violations(events, { cut: false })).toEqual([]);
    expect(ofType(events, 'user_message')[0]).toMatchObject({ message: 'look', multi_content });
    expect(JSON.stringify(model.requests[0]?.messages.at(-1)?.content)).toContain(PNG);
  });
});

describe('a question to the client', () => {
  it.each([
    ['approve', true],
    ['approve-session', true],
    ['approve-tool', true],
    ['reject', false],
  ])('%s', async (confirmation, runs) => {
    const { agent, tools } = await start();
    const id = await agent.newSession({});
    const body = { confirmation, reason: 'the owner said no' };
    const events = await agent.run(id, 'remember please', {
      onEvent: (event) => {
        if (event.type === 'tool_call_confirmation')
          void agent.call('POST', `/api/sessions/${id}/resume`, body);
      },
    });
    expect(violations(events, { cut: false })).toEqual([]);
    const middle = runs ? CALL : 'tool_call_response message_added';
    expect(types(events)).toBe(
      `${HEAD} partial_tool_call message_added token_usage tool_call_confirmation ${middle} agent_choice message_added token_usage stream_stopped`,
    );
    const response = ofType(events, 'tool_call_response')[0]?.response;
    expect(response).toBe(
      runs ? 'appended to People' : 'The user rejected the tool call. Reason: the owner said no',
    );
    expect(tools.calls.filter((call) => call.method === 'tools/call')).toHaveLength(runs ? 1 : 0);
    const again = await agent.run(id, 'remember please', {
      onEvent: (event) => {
        if (event.type === 'tool_call_confirmation')
          void agent.call('POST', `/api/sessions/${id}/resume`, body);
      },
    });
    const asked = ofType(again, 'tool_call_confirmation').length;
    expect(asked).toBe(confirmation.startsWith('approve-') ? 0 : 1);
  });

  it('is not asked for tools that only read, nor for what the rules allow or deny', async () => {
    const { agent } = await start();
    const id = await agent.newSession({
      permissions: { allow: ['memory_*'], deny: ['memory_append:section=peo*'] },
    });
    const events = await agent.run(id, 'two please');
    expect(violations(events, { cut: false })).toEqual([]);
    expect(ofType(events, 'tool_call').map((event) => event.tool_call.id)).toEqual(['call_a']);
    expect(ofType(events, 'tool_call_response')[1]?.response).toBe(
      "Tool 'memory_append' is denied by session permissions.",
    );
    expect(
      ofType(await agent.run(await agent.newSession({}), 'saythencall'), 'tool_call_confirmation'),
    ).toEqual([]);
  });

  it('takes no answer that is for another call', async () => {
    const { agent, tools } = await start();
    const id = await agent.newSession({});
    const resume = (body: object) => agent.call('POST', `/api/sessions/${id}/resume`, body);
    const events = await agent.run(id, 'remember please', {
      onEvent: (event) => {
        if (event.type !== 'tool_call_confirmation') return;
        void resume({ confirmation: 'approve', tool_call_id: 'the one before' }).then(() =>
          resume({ confirmation: 'reject', tool_call_id: event.tool_call.id }),
        );
      },
    });
    expect(ofType(events, 'tool_call_response')[0]?.response).toBe('The user rejected the tool call.');
    expect(tools.calls.filter((call) => call.method === 'tools/call')).toHaveLength(0);
  });

  it('comes when the iterations are used up: reject ends the run, approve gives ten more', async () => {
    const { agent, model } = await start('    max_iterations: 2');
    const id = await agent.newSession();
    let asked = 0;
    const events = await agent.run(id, 'loop please', {
      onEvent: (event) => {
        if (event.type !== 'max_iterations_reached') return;
        const confirmation = asked++ === 0 ? 'approve' : 'reject';
        void agent.call('POST', `/api/sessions/${id}/resume`, { confirmation });
      },
    });
    expect(violations(events, { cut: false })).toEqual([]);
    expect(ofType(events, 'max_iterations_reached').map((event) => event.max_iterations)).toEqual([2, 12]);
    expect(model.requests).toHaveLength(12);
    expect(events.slice(-2).map((event) => event.type)).toEqual(['message_added', 'stream_stopped']);
    expect((await agent.stored(id)).messages?.at(-1)?.message.content).toContain('max_iterations limit (12)');
  });
});
