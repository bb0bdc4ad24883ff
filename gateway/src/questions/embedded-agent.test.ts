/** Questions with the embedded agent as a process, in front of a model whose words prove what it was told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterTools, lastUserText, type ScriptedAnswer, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';
import { allQuestions, answer, asked, openQuestions } from '../testing/question-world.ts';

const MAIN = join(import.meta.dirname, '../../../embedded-agent/src/main.ts');

interface World {
  url: string;
  restart(): Promise<void>;
  /** What the model was given last. */
  heard(): string;
  asked(): number;
}

/** @param rest of soul.yaml @param agent lines of its root agent @param calls of the model before it answers */
async function world(
  rest: string,
  calls: (text: string, asked: number) => ScriptedAnswer['toolCalls'],
  agent = '',
): Promise<World> {
  const model = await startFakeModel((request) => {
    const made = request.messages.filter(({ role }) => role === 'tool').length;
    const wanted = calls(lastUserText(request), made);
    if (wanted && wanted.length > 0) return { toolCalls: wanted };
    const last = request.messages.at(-1);
    return { text: [afterTools(request) ? `It said: ${JSON.stringify(last?.content)}` : 'Hello.'] };
  });
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'soul.yaml'),
    `version: "7"
providers: { fake: { base_url: "${model.baseUrl}" } }
models: { main: { provider: fake, model: fake-1, max_tokens: 1000 } }
agents:
  root:
    model: main
    description: Moby
    instruction: You are Moby.
    toolsets:
      - type: shell
${agent}
${rest}`,
  );
  let port = 0;
  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const command = [
      MAIN,
      'serve',
      'api',
      'soul.yaml',
      '--session-db',
      'session.db',
      '--working-dir',
      folder,
    ];
    child = spawn(process.execPath, [...command, '--listen', `127.0.0.1:${port}`], {
      env: { PATH: process.env.PATH, HOME: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (piece: Buffer) => {
      output += piece;
    });
    port = await until('the agent to listen', () => {
      const listening = /^Listening on .*:(\d+)$/m.exec(output)?.[1];
      return listening === undefined ? null : Number(listening);
    });
  };
  const kill = (): Promise<void> =>
    new Promise((resolve) => {
      child?.once('exit', () => resolve());
      child?.kill('SIGKILL');
    });
  await start();
  onTestFinished(async () => {
    await kill();
    await model.close();
  });
  return {
    url: `http://127.0.0.1:${port}`,
    async restart() {
      await kill();
      await start();
    },
    heard: () => JSON.stringify(model.requests.at(-1)?.messages.at(-1)),
    asked: () => model.requests.length,
  };
}

const ASK_SHELL = 'permissions: { allow: ["*"], ask: ["shell"], deny: ["shell:cmd=sudo*"] }\n';

/** One call of the shell with the words after "run". */
const shell = (text: string, made: number): ScriptedAnswer['toolCalls'] => {
  const cmd = /run (.*)$/m.exec(text)?.[1];
  return cmd === undefined || made > 0
    ? []
    : [{ id: `call_${made}_${Date.now()}`, name: 'shell', arguments: JSON.stringify({ cmd }) }];
};

test('a shell under `ask`: once, the command runs and the model has what it printed', async () => {
  const { url } = await world(ASK_SHELL, shell);
  const moby = await openHarness({ agentUrl: url });
  const { stream } = await moby.start('run echo from-the-shell');
  const question = await asked(moby);
  expect(question.details).toMatchObject({ tool: 'shell', args: { cmd: 'echo from-the-shell' } });
  expect(question.text).toBe('Moby wants to use **shell**:\n\n```sh\necho from-the-shell\n```');
  await answer(moby, question, { option: 'once' });
  expect((await stream.all()).at(-1)).toMatchObject({
    type: 'done',
    data: { text: expect.stringContaining('from-the-shell') },
  });
});

test('a command that stands there twice is shown as both, and runs as what was shown', async () => {
  const twice = `{"cmd":"echo harmless","cmd":"echo the-other"}`;
  const { url } = await world(ASK_SHELL, (_text, made) =>
    made > 0 ? [] : [{ id: 'call_twice', name: 'shell', arguments: twice }],
  );
  const moby = await openHarness({ agentUrl: url });
  const { stream } = await moby.start('go');
  const question = await asked(moby);
  expect(question.text).toContain(twice);
  expect(question.options.map(({ id }) => id)).not.toContain('always');
  await answer(moby, question, { option: 'once' });
  const text = expect.stringMatching(/the-other/);
  expect((await stream.all()).at(-1)).toMatchObject({ type: 'done', data: { text } });
});

test('no, with a reason: the command does not run and the model has the reason', async () => {
  const { url } = await world(ASK_SHELL, shell);
  const moby = await openHarness({ agentUrl: url });
  const { stream } = await moby.start('run echo from-the-shell');
  await answer(moby, await asked(moby), { option: 'no', reason: 'ask the calendar' });
  expect((await stream.all()).at(-1)).toMatchObject({
    type: 'done',
    data: { text: expect.stringMatching(/The user rejected the tool call.*ask the calendar/) },
  });
});

test('what is denied is not asked about', async () => {
  const { url } = await world(ASK_SHELL, shell);
  const moby = await openHarness({ agentUrl: url });
  expect((await moby.ask('run sudo rm -rf /')).body.text).toContain('is denied by permissions');
  expect(await allQuestions(moby)).toEqual([]);
});

test('the agent is killed while the owner thinks: the same question, and one run of the command', async () => {
  const { url, restart } = await world(ASK_SHELL, shell);
  const moby = await openHarness({ agentUrl: url });
  const folder = temporaryFolder();
  const { turn } = await moby.start(`run echo x >> ${folder}/out; cat ${folder}/out`);
  const question = await asked(moby);
  await restart();
  await until('the turn to ask again', async () => {
    return (await moby.call('GET', `/api/turns/${turn}`)).body.attempt === 2;
  });
  await answer(moby, question, { option: 'once' });
  const end = (await moby.follow(turn).all()).at(-1);
  expect(end).toMatchObject({ type: 'done', data: { text: expect.stringMatching(/"x(\\n)?"/) } });
  expect(await allQuestions(moby)).toHaveLength(1);
});

test('the limit of rounds: ten more', async () => {
  const loop = (_text: string, made: number) =>
    made < 4
      ? [{ id: `call_${made}`, name: 'shell', arguments: JSON.stringify({ cmd: `echo ${made}` }) }]
      : [];
  const { url } = await world('permissions: { allow: ["*"] }\n', loop, '    max_iterations: 2');
  const moby = await openHarness({ agentUrl: url });
  const { stream } = await moby.start('go');
  const question = await asked(moby);
  expect(question).toMatchObject({ kind: 'rounds', details: { rounds: 2 } });
  await answer(moby, question, { option: 'more' });
  expect((await stream.all()).at(-1)).toMatchObject({
    type: 'done',
    data: { text: expect.stringContaining('3') },
  });
  expect(await openQuestions(moby)).toEqual([]);
});

test('a tool that asks for a confirmation of its server: what an MCP server wants to know becomes a question', async () => {
  const server = await formServer();
  const call = (_text: string, made: number) =>
    made === 0 ? [{ id: 'call_0', name: 'book', arguments: '{}' }] : [];
  const toolset = `      - type: mcp\n        remote: { url: "${server.url}", transport_type: streamable }`;
  const { url } = await world('permissions: { allow: ["*"] }\n', call, toolset);
  const moby = await openHarness({ agentUrl: url });
  const { stream } = await moby.start('book it');
  await stream.until((event) => event.type === 'done' || event.type === 'question');
  for (const question of await openQuestions(moby)) {
    expect(question).toMatchObject({ kind: 'form' });
    await answer(moby, question, question.input ? { value: 'blue' } : { option: 'no' });
  }
  await stream.all();
  expect(['accept', 'decline']).toContain(server.answered()?.action);
});

/** An MCP server with one tool, which asks for a form before it answers. */
async function formServer(): Promise<{ url: string; answered: () => { action: string } | null }> {
  let answered: { action: string } | null = null;
  let pending: ((result: unknown) => void) | null = null;
  const server: Server = createServer(async (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { id, method, result, params } = JSON.parse(Buffer.concat(pieces).toString());
    const reply = (body: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: body }));
    };
    if (method === 'initialize') {
      return reply({
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'test', version: '1' },
      });
    }
    if (method === 'tools/list')
      return reply({ tools: [{ name: 'book', inputSchema: { type: 'object', properties: {} } }] });
    if (method === undefined) {
      response.writeHead(202).end();
      answered = result;
      pending?.(result);
      return;
    }
    if (method !== 'tools/call') return void response.writeHead(202).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (message: object): void =>
      void response.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
    const requestedSchema = {
      type: 'object',
      properties: { colour: { type: 'string' } },
      required: ['colour'],
    };
    const waiting = new Promise((resolve) => {
      pending = resolve;
    });
    send({ id: 77, method: 'elicitation/create', params: { message: 'Which colour?', requestedSchema } });
    send({ id, result: { content: [{ type: 'text', text: JSON.stringify(await waiting) }] } });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/mcp`, answered: () => answered };
}
