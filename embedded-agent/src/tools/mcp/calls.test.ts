/** A call of an MCP server always ends: a server that died in mid-call once held its conversation for 19 minutes. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, it, onTestFinished } from 'vitest';
import { McpHttpTransport } from './http-transport.ts';
import { event, type RawServer, reply, startRawServer, useToolset } from './testing/server.ts';

const MINUTE_MS = 60_000;
const done = { content: [{ type: 'text', text: 'done' }] };
const broken = (why: RegExp) => ({ isError: true, output: expect.stringMatching(why) });

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

const calls = ({ requests }: RawServer) => requests.filter(({ method }) => method === 'tools/call');

function stream(response: ServerResponse, text = ': here\n\n'): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  return new Promise((resolve) => response.write(text, () => resolve()));
}

it('a program that greets and then fails to name its tools is ended, not left behind', async () => {
  const script = `
    require('node:fs').writeFileSync('pid', String(process.pid));
    const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method, params } = JSON.parse(line);
      if (method === 'initialize') {
        const { protocolVersion } = params;
        say({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } } });
      } else if (id !== undefined) say({ id, error: { code: -32603, message: 'no tools today' } });
    });
    setInterval(() => undefined, 1000);
    process.stdin.on('end', () => process.exit(0));`;
  const { toolset, context, workingDir } = useToolset({ command: process.execPath, args: ['-e', script] });
  await expect(toolset.tools(context)).rejects.toThrow(/no tools today/);
  const pid = Number(readFileSync(join(workingDir, 'pid'), 'utf8'));
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  await until('the program to end', () => !isAlive(pid));
});

describe('a remote server', () => {
  it.each([
    ['breaks the connection', (response: ServerResponse) => response.destroy()],
    ['ends the stream in order, without an answer', (response: ServerResponse) => response.end()],
  ])('that %s in mid-call makes the call an error at once, and is found again', async (_, leave) => {
    let times = 0;
    const server = await startRawServer(async ({ id }, response) => {
      if (times++ > 0) return reply(response, id, done);
      await stream(response);
      leave(response);
    });
    const { call } = useToolset({ url: server.url });
    expect(await call()).toEqual(broken(/^Error calling tool: the connection ended before the answer/));
    expect(await call()).toEqual({ output: 'done' });
  });

  it.each([
    ['an empty body', '', 'application/json'],
    ['an answer to something else', '{"jsonrpc":"2.0","id":900,"result":{}}', 'application/json'],
    ['a web page', '<html>hello</html>', 'text/html'],
  ])('that answers with %s does not hold the call', async (_, body, type) => {
    const server = await startRawServer((_request, response) => {
      response.writeHead(200, { 'content-type': type }).end(body);
    });
    expect(await useToolset({ url: server.url }).call()).toEqual(broken(/sent no answer that MCP knows/));
  });

  it('that closes its stream in order to be asked again is asked when and where it said', async () => {
    const asked: unknown[] = [];
    const clock = new ManualClock();
    const server: RawServer = await startRawServer(
      async (_request, response) => {
        await stream(response, 'id: e-1\nretry: 2500\ndata: \n\n');
        response.end();
      },
      {
        get: async ({ headers }, response) => {
          if (!headers['last-event-id']) return void response.writeHead(405).end();
          asked.push(headers['last-event-id'], headers['mcp-session-id'], headers['x-turn']);
          await stream(response, `id: e-2\n${event(calls(server)[0]?.id ?? -1, done)}`);
          response.end();
        },
      },
    );
    // biome-ignore lint/suspicious/noTemplateCurlyInString: soul.yaml's own form
    const headers = { 'X-Turn': '${headers.X-Turn}' };
    const result = useToolset({ url: server.url, headers }, { clock }).call();
    await until('a pause', () => clock.waiting === 3);
    expect(asked).toEqual([]);
    await clock.advance(2500);
    expect(await result).toEqual({ output: 'done' });
    expect(asked).toEqual(['e-1', 'session-1', 'turn-1']);
    expect(calls(server)).toHaveLength(1);
  });

  it('that is quiet is told of after a minute, asked whether it is there, and given up after an hour', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(({ id, method }, response) => {
      if (method === 'ping') reply(response, id, {});
    });
    const { call, notices } = useToolset({ url: server.url }, { clock });
    const result = call();
    await until('the call', () => calls(server).length === 1);
    for (let minute = 1; minute <= 60; minute++) {
      await clock.advance(MINUTE_MS);
      const pings = () => server.requests.filter(({ method }) => method === 'ping').length;
      if (minute < 60) await until('a ping', () => pings() === minute);
    }
    expect(await result).toEqual(broken(/within an hour and was given up/));
    expect(notices).toEqual([
      expect.stringMatching(/^The tool work of mcp\(.*\) has not answered for a minute/),
    ]);
    const cancelled = () => server.requests.some(({ method }) => method === 'notifications/cancelled');
    await until('the server is told', cancelled);
  });

  it('that says nothing on a connection which lives on, while nobody answers at its address, is given up', async () => {
    const clock = new ManualClock();
    let held: ServerResponse | null = null;
    const server = await startRawServer(({ method }, response) => {
      if (method === 'tools/call') held = response;
      else response.destroy(); // what a dead server behind a living proxy looks like
    });
    const result = useToolset({ url: server.url }, { clock }).call();
    await until('the call', () => held !== null);
    await clock.advance(MINUTE_MS);
    expect(await result).toEqual(
      broken(/^Error calling tool: the server cannot be reached any more: fetch failed/),
    );
  });

  it.each([
    ['with nothing', undefined],
    [
      'with an error of its own',
      '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}',
    ],
  ])(
    'that answers 404 %s for a session that is gone is greeted anew, and the call made once more',
    async (_, body) => {
      let session = 'first';
      const server = await startRawServer(
        ({ id, headers }, response) => {
          if (headers['mcp-session-id'] === session) return reply(response, id, done);
          response.writeHead(404, { 'content-type': 'application/json' }).end(body);
        },
        { session: () => session },
      );
      const { call, toolset, context } = useToolset({ url: server.url });
      await toolset.tools(context);
      session = 'second';
      expect(await call()).toEqual({ output: 'done' });
      expect(calls(server).map(({ headers }) => headers['mcp-session-id'])).toEqual(['first', 'second']);
    },
  );

  it('that answers 404 to every session is an error after the second', async () => {
    const server = await startRawServer((_request, response) => void response.writeHead(404).end());
    expect(await useToolset({ url: server.url }).call()).toEqual(broken(/does not know the session/));
    expect(calls(server)).toHaveLength(2);
  });

  it('speaks by a standing stream that is nobody’s, and what it asks there goes to the only call', async () => {
    let standing: ServerResponse | null = null;
    let turn: unknown;
    let working: { id: number; response: ServerResponse } | null = null;
    const server = await startRawServer(
      async ({ method, id, ...rest }, response) => {
        if (method === 'tools/call') {
          working = { id, response };
          await until('the standing stream', () => standing !== null);
          const params = { message: 'Really?', requestedSchema: { type: 'object', properties: {} } };
          const question = { jsonrpc: '2.0', id: 77, method: 'elicitation/create', params };
          standing?.write(`data: ${JSON.stringify(question)}\n\n`);
        } else if (id === 77 && working) {
          response.writeHead(202).end();
          const { result } = rest as unknown as { result: unknown };
          reply(working.response, working.id, { content: [{ type: 'text', text: JSON.stringify(result) }] });
        }
      },
      {
        get: async ({ headers }, response) => {
          turn = headers['x-turn'];
          await stream(response);
          standing = response;
        },
      },
    );
    // biome-ignore lint/suspicious/noTemplateCurlyInString: soul.yaml's own form
    const { call } = useToolset({ url: server.url, headers: { 'X-Turn': '${headers.X-Turn}' } });
    expect(await call()).toEqual({ output: '{"action":"accept","content":{"answer":"yes"}}' });
    expect(turn).toBe('');
  });

  it('is told that the session is over when the agent has no more use for it', async () => {
    const server = await startRawServer(({ id }, response) => reply(response, id, done));
    const { call, toolset } = useToolset({ url: server.url });
    await call();
    await toolset.close();
    const goodbyes = server.requests.filter(({ http }) => http === 'DELETE');
    expect(goodbyes.map(({ headers }) => headers['mcp-session-id'])).toEqual(['session-1']);
  });

  it('that refuses a notification makes the call an error that says so', async () => {
    const server = await startRawServer(({ id }, response) => reply(response, id, done), { notified: 503 });
    const { toolset, context } = useToolset({ url: server.url });
    await expect(toolset.tools(context)).rejects.toThrow(/answered 503 to notifications\/initialized/);
  });

  it('that is gone harms nothing by not hearing the goodbye', async () => {
    const server = await startRawServer(({ id }, response) => reply(response, id, done));
    const outsideRuns = (work: () => Promise<void>) => work();
    const transport = new McpHttpTransport({ url: server.url, clock: systemClock, fetch, outsideRuns });
    transport.sessionId = 'session-1';
    const told: string[] = [];
    transport.onerror = ({ message }) => told.push(message);
    server.kill();
    await transport.close(); // the SDK does not wait for it, so a rejection would be nobody's and end the agent
    expect(told).toEqual(['fetch failed']);
  });

  it('keeps the calls of others when one of them breaks', async () => {
    let slow: { id: number; response: ServerResponse } | null = null;
    const server = await startRawServer(async ({ id, params }, response) => {
      if ((params?.arguments as { slow?: boolean } | undefined)?.slow) slow = { id, response };
      else {
        await stream(response);
        response.destroy();
      }
    });
    const { call } = useToolset({ url: server.url });
    const other = call('work', { slow: true });
    await until('the slow call', () => slow !== null);
    expect(await call()).toEqual(broken(/the connection ended/));
    const { id, response } = slow as unknown as { id: number; response: ServerResponse };
    reply(response, id, done);
    expect(await other).toEqual({ output: 'done' });
  });
});

/** A server over stdio that answers the handshake by itself; `onCall` is the body of a function of `id` and `answer`. */
function program(onCall: string, first = ''): { command: string; args: string[] } {
  const file = join(temporaryFolder(), 'server.mjs');
  writeFileSync(
    file,
    `import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
${first}
const answer = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
const capabilities = { tools: {} }, serverInfo = { name: 's', version: '1' };
const methods = {
  initialize: (id) => answer(id, { protocolVersion: '2025-06-18', capabilities, serverInfo }),
  'tools/list': (id) => answer(id, { tools: [{ name: 'work' }] }),
  'tools/call': (id) => { ${onCall} },
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  methods[method]?.(id);
});
`,
  );
  return { command: process.execPath, args: [file] };
}

describe('a server over stdio', () => {
  it('answers, also where it prints what is no message', async () => {
    const { call } = useToolset(
      program(`console.log('starting up'); answer(id, { content: [{ type: 'text', text: 'ok' }] })`),
    );
    expect(await call()).toEqual({ output: 'ok' });
  });

  it('that dies in mid-call makes the call an error at once, with its last words, and is started again', async () => {
    const { call } = useToolset(program(`console.error('no disk left'); process.exit(3);`));
    for (let time = 0; time < 2; time++) {
      expect(await call()).toEqual(broken(/program ended with exit status 3\. It last wrote: no disk left/));
    }
  });

  it('that dies while what it started holds its output open ends the call all the same', async () => {
    const holder = `spawn('sleep', ['600'], { stdio: ['ignore', 'inherit', 'ignore'] }); process.kill(process.pid, 'SIGKILL');`;
    const { call } = useToolset(program(holder));
    expect(await call()).toEqual(broken(/program was ended by SIGKILL/));
  });

  it('that hangs is told of after a minute and given up after an hour', async () => {
    const clock = new ManualClock();
    const { call, notices, toolset } = useToolset(program(''), { clock });
    const result = call();
    await until('the call waits', () => clock.waiting === 2);
    await clock.advance(MINUTE_MS);
    expect(notices).toHaveLength(1);
    await clock.advance(59 * MINUTE_MS);
    expect(await result).toEqual(broken(/within an hour/));
    const closed = toolset.close();
    await clock.advance(MINUTE_MS);
    await closed;
  });

  it.each([
    [
      'cannot be started',
      () => ({ command: '/nowhere/mcp-server', args: [] }),
      /cannot start \/nowhere\/mcp-server: .*ENOENT/,
    ],
    [
      'ends at its start',
      () => program('', `console.error('Error: API_KEY is not set'); process.exit(1);`),
      /API_KEY is not set/,
    ],
  ])('that %s says why', async (_, config, why) => {
    const { toolset, context } = useToolset(config());
    await expect(toolset.tools(context)).rejects.toThrow(why);
  });

  it('ends with the agent, with what it started', async () => {
    const file = join(temporaryFolder(), 'pid');
    const starts = `import { writeFileSync } from 'node:fs';
const child = spawn('sleep', ['600']); writeFileSync(${JSON.stringify(file)}, String(child.pid));`;
    const clock = new ManualClock();
    const { toolset, context } = useToolset(program('', starts), { clock });
    await toolset.tools(context);
    const pid = Number(readFileSync(file, 'utf8'));
    const closed = toolset.close();
    await clock.advance(MINUTE_MS);
    await closed;
    await until('its child has ended', () => !runs(pid));
  });
});

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
