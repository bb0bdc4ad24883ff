/** How runs end other than by themselves, and what is left of them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterTools, lastUserText, type Script, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { startMcpServer, textResult } from '@mobyclaw/testkit/mcp-server';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NO_RESULT } from './run/history.ts';
import { fakeSoul, ofType, startAgent, textOf } from './testing/agent.ts';
import { violations } from './testing/conformance.ts';

async function model(script: Script) {
  const server = await startFakeModel(script);
  onTestFinished(() => server.close());
  return server;
}

const properties = { file: { type: 'string' } };
const memoryRead = {
  memory_read: {
    description: 'Read',
    inputSchema: { type: 'object' as const, properties },
    annotations: { readOnlyHint: true },
    call: () => textResult('# Memory'),
  },
};
const callRead = { toolCalls: [{ id: 'c1', name: 'memory_read', arguments: '{}' }] };

async function freePort(): Promise<number> {
  const server = await startMcpServer({});
  await server.close();
  return server.port;
}

describe('a client that leaves', () => {
  it('in mid-answer cancels the model, and what was said is stored', async () => {
    const gate = Promise.withResolvers<void>();
    onTestFinished(() => gate.resolve());
    const fake = await model((_, index) =>
      index === 0
        ? {
            text: ['One ', 'two ', 'three'],
            beforePiece: (piece) => (piece === 2 ? gate.promise : Promise.resolve()),
          }
        : { text: ['Back.'] },
    );
    const agent = await startAgent(fakeSoul(fake.baseUrl));
    const id = await agent.newSession();
    const leave = new AbortController();
    const run = agent.run(id, 'count', {
      signal: leave.signal,
      onEvent: (event) => {
        if (event.type === 'agent_choice' && event.content === 'two ') leave.abort();
      },
    });
    await expect(run).rejects.toThrow();
    await until('the model to be let go', () => fake.abandoned === 1);
    await until('the answer to be stored', async () => {
      return (await agent.stored(id)).messages?.at(-1)?.message.content === 'One two ';
    });
    const next = await until('the session to be free', () => agent.run(id, 'again').catch(() => null));
    expect(textOf(next)).toBe('Back.');
    expect(JSON.stringify(fake.requests[1]?.messages)).toContain('One two');
  });

  it('in a tool kills the command with its children, and the history is whole for the next run', async () => {
    const fake = await model((request) =>
      lastUserText(request) === 'slow' && !afterTools(request)
        ? {
            toolCalls: [
              {
                id: 'sh',
                name: 'shell',
                arguments: JSON.stringify({ cmd: 'sleep 60 & echo $! > child; wait' }),
              },
            ],
          }
        : { text: ['Fine.'] },
    );
    const agent = await startAgent(fakeSoul(fake.baseUrl, { toolsets: '\n      - type: shell' }));
    const id = await agent.newSession();
    const leave = new AbortController();
    const run = agent.run(id, 'slow', { signal: leave.signal });
    const child = await until('the command to run', () => {
      const path = join(agent.folder, 'child');
      return existsSync(path) && Number(readFileSync(path, 'utf8'));
    });
    leave.abort();
    await expect(run).rejects.toThrow();
    await until('the child to be gone', () => !isAlive(child));

    const next = await until('the session to be free', () => agent.run(id, 'and now?').catch(() => null));
    expect(violations(next, { cut: false })).toEqual([]);
    const sent = fake.requests.at(-1)?.messages ?? [];
    const position = sent.findIndex((message) => message.tool_calls);
    expect(sent[position + 1]).toMatchObject({ role: 'tool', tool_call_id: 'sh', content: NO_RESULT });
    expect(sent.at(-1)).toMatchObject({ role: 'user', content: 'and now?' });
  });

  it('while a question waits ends the run', async () => {
    const fake = await model((_, index) =>
      index === 0
        ? { toolCalls: [{ id: 'sh', name: 'shell', arguments: '{"cmd":"true"}' }] }
        : { text: ['Ok.'] },
    );
    const agent = await startAgent(fakeSoul(fake.baseUrl, { toolsets: '\n      - type: shell' }));
    const id = await agent.newSession({});
    const leave = new AbortController();
    const run = agent.run(id, 'go', {
      signal: leave.signal,
      onEvent: (event) => {
        if (event.type === 'tool_call_confirmation') leave.abort();
      },
    });
    await expect(run).rejects.toThrow();
    expect(textOf(await until('the session to be free', () => agent.run(id, 'next').catch(() => null)))).toBe(
      'Ok.',
    );
  });
});

describe('a session', () => {
  it('has one run at a time: a second is refused with 409, and nothing of it is stored', async () => {
    const gate = Promise.withResolvers<void>();
    const fake = await model(() => ({ text: ['Done.'], beforePiece: () => gate.promise }));
    const agent = await startAgent(fakeSoul(fake.baseUrl));
    const id = await agent.newSession();
    const first = agent.run(id, 'first');
    await until('the model to be asked', () => fake.requests.length === 1);
    const path = `/api/sessions/${id}/agent/soul`;
    expect(await agent.call('POST', path, [{ role: 'user', content: 'second' }])).toEqual({
      status: 409,
      body: { message: 'session is already processing a request' },
    });
    gate.resolve();
    expect(textOf(await first)).toBe('Done.');
    expect((await agent.stored(id)).messages).toHaveLength(2);
  });

  it('that is deleted ends its run and stays deleted', async () => {
    const fake = await model(() => ({
      text: ['a', 'b'],
      beforePiece: (piece) => (piece === 1 ? new Promise(() => {}) : Promise.resolve()),
    }));
    const agent = await startAgent(fakeSoul(fake.baseUrl));
    const id = await agent.newSession();
    const run = agent.run(id, 'go');
    run.catch(() => undefined); // awaited below
    await until('the model to be asked', () => fake.requests.length === 1);
    expect((await agent.call('DELETE', `/api/sessions/${id}`)).status).toBe(200);
    await expect(run).rejects.toThrow(); // broken off: a stop would call it a whole answer
    expect((await agent.call('GET', `/api/sessions/${id}`)).status).toBe(404);
  });

  it('sends the model its history, without what num_history_items leaves out', async () => {
    const fake = await model((_, index) => ({ text: [`answer ${index}`] }));
    const agent = await startAgent(fakeSoul(fake.baseUrl, { agent: '    num_history_items: 2' }));
    const id = await agent.newSession();
    for (const prompt of ['one', 'two', 'three']) await agent.run(id, prompt);
    expect(fake.requests[2]?.messages.map((message) => message.content)).toEqual([
      'You are Moby.',
      'one',
      'two',
      'answer 1',
      'three',
    ]);
  });
});

describe('a model that fails before its first word', () => {
  it('is asked again, and nobody notices', async () => {
    const fake = await model((_, index) =>
      index === 0 ? { status: 503, headers: { 'retry-after-ms': '1' } } : { text: ['Here.'] },
    );
    const agent = await startAgent(fakeSoul(fake.baseUrl), { maxRetries: 2 });
    const events = await agent.run(await agent.newSession(), 'hi');
    expect(textOf(events)).toBe('Here.');
    expect(ofType(events, 'error')).toEqual([]);
  });
});

describe('an MCP server', () => {
  it('that is down costs a warning, not the run; it is found again on the next', async () => {
    const fake = await model((request) =>
      afterTools(request) || !request.tools?.length ? { text: ['Fine.'] } : callRead,
    );
    const port = await freePort();
    const agent = await startAgent(fakeSoul(fake.baseUrl, { mcpUrl: `http://127.0.0.1:${port}/mcp` }));
    const id = await agent.newSession();
    const down = await agent.run(id, 'hello');
    expect(violations(down, { cut: false })).toEqual([]);
    expect(ofType(down, 'warning').map((event) => event.message)).toEqual([
      expect.stringMatching(
        /^Some toolsets failed to initialize for agent 'root'\.\n\nDetails:\n\n- mcp\(remote host=127\.0\.0\.1:\d+ transport=streamable\) start failed: .*ECONNREFUSED/,
      ),
    ]);
    expect(textOf(down)).toBe('Fine.');
    const problems = [expect.stringMatching(/^mcp\(remote host=.*ECONNREFUSED/)];
    expect((await agent.call('GET', '/api/agents')).body).toMatchObject([{ tool_problems: problems }]);

    const server = await startMcpServer(memoryRead, { port });
    onTestFinished(() => server.close());
    const up = await agent.run(id, 'hello');
    expect(ofType(up, 'warning')).toEqual([]);
    expect((await agent.call('GET', '/api/agents')).body).not.toMatchObject([{ tool_problems: problems }]);
    expect(ofType(up, 'tool_call_response')[0]?.response).toBe('# Memory');
    expect((await agent.call('GET', '/api/agents/soul/root/tools/count')).body).toEqual({
      available_tools: 1,
    });
  });

  it('whose address was set to nothing is left out, without a word; one that was forgotten is told', async () => {
    const fake = await model(() => ({ text: ['Fine.'] }));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: soul.yaml's own form
    const soul = fakeSoul(fake.baseUrl, { mcpUrl: '${env.GATEWAY}/mcp' });
    const off = await startAgent(soul, { environment: { GATEWAY: '' } });
    expect(ofType(await off.run(await off.newSession(), 'hello'), 'warning')).toEqual([]);
    const forgotten = await startAgent(soul, { environment: {} });
    expect(ofType(await forgotten.run(await forgotten.newSession(), 'hello'), 'warning')).toHaveLength(1);
  });

  it('that dies before a call makes that call fail, and the run goes on', async () => {
    const server = await startMcpServer(memoryRead);
    const fake = await model(async (request) => {
      if (afterTools(request)) return { text: ['So be it.'] };
      await server.close();
      return callRead;
    });
    const agent = await startAgent(fakeSoul(fake.baseUrl, { mcpUrl: server.url }));
    const events = await agent.run(await agent.newSession(), 'hello');
    expect(violations(events, { cut: false })).toEqual([]);
    expect(ofType(events, 'tool_call_response')[0]).toMatchObject({
      response: expect.stringMatching(/^Error calling tool: /),
      result: { isError: true },
    });
    expect(textOf(events)).toBe('So be it.');
  });

  it('sees the headers of the run that calls it, and values of the environment', async () => {
    const server = await startMcpServer(memoryRead);
    onTestFinished(() => server.close());
    const fake = await model((request) => (afterTools(request) ? { text: ['Ok.'] } : callRead));
    const agent = await startAgent(fakeSoul(fake.baseUrl, { mcpUrl: server.url }), {
      environment: { MCP_TOKEN: 's3cret' },
    });
    const sessions = [await agent.newSession(), await agent.newSession()];
    await Promise.all(
      sessions.map((id, index) => agent.run(id, 'x', { headers: { 'X-Moby-Session': `cli:${index}` } })),
    );
    const calls = server.calls.filter((call) => call.method === 'tools/call');
    expect(calls.map((call) => call.headers['x-moby-session']).sort()).toEqual(['cli:0', 'cli:1']);
    expect(calls.every((call) => call.headers.authorization === 'Bearer s3cret')).toBe(true);
  });
});

describe('prompt files', () => {
  it('are read anew for every model call, from the working directory upwards', async () => {
    const { writeFileSync, mkdirSync } = await import('node:fs');
    const fake = await model(() => ({ text: ['ok'] }));
    const agent = await startAgent(
      fakeSoul(fake.baseUrl, {
        agent:
          '    add_date: true\n    add_environment_info: true\n    add_prompt_files: [agent/MEMORY.md, absent.md]',
      }),
    );
    mkdirSync(join(agent.folder, 'agent'));
    mkdirSync(join(agent.folder, 'deep/er'), { recursive: true });
    const id = await agent.newSession({ working_dir: join(agent.folder, 'deep/er') });
    writeFileSync(join(agent.folder, 'agent/MEMORY.md'), 'The owner is Alice.');
    await agent.run(id, 'one');
    writeFileSync(join(agent.folder, 'agent/MEMORY.md'), 'The owner is Bea.');
    await agent.run(id, 'two');
    const systems = fake.requests.map((request) => String(request.messages[0]?.content));
    expect(systems[0]).toMatch(
      /^You are Moby\.\n\nToday's date: \d{4}-\d\d-\d\d\n\n[\s\S]*Working directory: .*deep\/er[\s\S]*The owner is Alice\.$/,
    );
    expect(systems[1]).toContain('The owner is Bea.');
    expect(systems[1]).not.toContain('Alice');
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    if (['ESRCH', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
