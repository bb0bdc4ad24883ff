import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { until } from '../until.ts';
import { readExecutions, readRuns } from './accounts.ts';
import { type FakeAgent, type FakeAgentOptions, startFakeAgent } from './fake-agent.ts';
import type { FakeGeneration } from './run.ts';

type Event = { type: string; [field: string]: unknown };

async function start(options: FakeAgentOptions = {}): Promise<FakeAgent> {
  const agent = await startFakeAgent(options);
  onTestFinished(() => agent.close());
  return agent;
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

async function newSession(url: string): Promise<string> {
  const session = (await (await post(`${url}/api/sessions`, { title: 'test' })).json()) as { id: string };
  return session.id;
}

function prompt(
  url: string,
  generation: FakeGeneration,
  session: string,
  content: string,
  turn = '',
): Promise<Response> {
  const messages = [{ role: 'user', content }];
  const body = generation === 'array' ? messages : { messages };
  return post(`${url}/api/sessions/${session}/agent/soul`, body, { 'x-moby-turn': turn });
}

async function events(response: Response): Promise<Event[]> {
  const text = await response.text();
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as Event);
}

function textOf(list: Event[]): string {
  return list.map((event) => (event.type === 'agent_choice' ? event.content : '')).join('');
}

async function readUntil(response: Response, what: string): Promise<() => Promise<void>> {
  const reader = response.body?.getReader();
  let seen = '';
  while (reader && !seen.includes(what)) seen += new TextDecoder().decode((await reader.read()).value);
  return async () => reader?.cancel();
}

describe.each<FakeGeneration>(['array', 'object'])('fake agent, generation %s', (generation) => {
  it('echoes the prompt and stores both sides', async () => {
    const { url } = await start({ generation });
    const session = await newSession(url);
    const list = await events(await prompt(url, generation, session, 'hello there'));
    expect(textOf(list)).toBe('You said: hello there');
    expect(list.at(-1)?.type).toBe('stream_stopped');
    expect(list[0]?.type === 'agent_info').toBe(generation === 'array');
    const stored = (await (await fetch(`${url}/api/sessions/${session}`)).json()) as { messages: Event[] };
    expect(stored.messages.map(({ message }) => (message as { content: string }).content)).toEqual([
      'hello there',
      'You said: hello there',
    ]);
  });

  it('refuses the other body form before it looks at the session', async () => {
    const { url } = await start({ generation });
    const probe = await post(`${url}/api/sessions/none/agent/soul`, []);
    expect(probe.status).toBe(generation === 'array' ? 500 : 400);
    const other = await prompt(url, generation === 'array' ? 'object' : 'array', await newSession(url), 'hi');
    expect(other.status).toBe(400);
  });

  it('leaves a tool call without result when the client goes away in it', async () => {
    const agent = await start({ generation });
    const session = await newSession(agent.url);
    const response = await prompt(
      agent.url,
      generation,
      session,
      'tool=memory_append tool-ms=60000',
      'turn-1',
    );
    const leave = await readUntil(response, '"type":"tool_call"');
    await leave();
    await until('the cancel', () => agent.stats().disconnects === 1);
    expect(agent.stats().executions).toMatchObject([{ tool: 'memory_append', turn: 'turn-1', session }]);

    const next = await events(await prompt(agent.url, generation, session, 'still there?'));
    const failure = next.find(({ type }) => type === 'error');
    if (generation === 'array')
      expect(failure?.error).toMatch(/400 Bad Request \{.*'tool_calls' must be followed/);
    else expect(textOf(next)).toBe('You said: still there?');
  });

  it(
    generation === 'array' ? 'lets two runs overlap and counts it' : 'refuses a second run with 409',
    async () => {
      const agent = await start({ generation });
      const session = await newSession(agent.url);
      const first = await prompt(agent.url, generation, session, 'silence');
      const leave = await readUntil(first, 'stream_started');
      const second = await prompt(agent.url, generation, session, 'hi');
      expect(second.status).toBe(generation === 'array' ? 200 : 409);
      await second.text();
      expect(agent.stats().maxConcurrent).toBe(generation === 'array' ? 2 : 1);
      await leave();
      await until('the end of the first', () => agent.stats().running === 0);
    },
  );

  it('keeps its pace and stamps each token when it is sent', async () => {
    const { url } = await start({ generation });
    const list = await events(
      await prompt(url, generation, await newSession(url), 'stamp tokens=11 interval=10ms'),
    );
    const times = textOf(list).trim().split(' ').map(Number);
    expect(times).toHaveLength(11);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(85);
  });

  it('starts over in mid-answer without a word, and stores the answer once', async () => {
    const agent = await start({ generation });
    const session = await newSession(agent.url);
    const list = await events(await prompt(agent.url, generation, session, 'a b c silent-retry=3'));
    expect(textOf(list)).toBe('You said: a You said: a b c silent-retry=3');
    expect(agent.session(session)?.messages.at(-1)?.message.content).toBe('You said: a b c silent-retry=3');
  });

  it('does not run a tool again that may have run', async () => {
    const agent = await start({ generation });
    const session = await newSession(agent.url);
    const note =
      '[moby-context]\nnote: … may already have run: memory_append. …\n[/moby-context]\n\ntool=memory_append hi';
    await events(await prompt(agent.url, generation, session, note));
    expect(agent.stats().executions).toEqual([]);
  });

  it('lets faults strike only as often as told', async () => {
    const agent = await start({ generation });
    const session = await newSession(agent.url);
    const first = await events(await prompt(agent.url, generation, session, 'error=429 times=1', 'turn-1'));
    expect(first.some(({ type }) => type === 'error')).toBe(true);
    const second = await events(await prompt(agent.url, generation, session, 'error=429 times=1', 'turn-1'));
    expect(textOf(second)).toBe('You said: error=429 times=1');
  });

  it('keeps sessions, the partial answer and its accounts through a SIGKILL', async () => {
    const folder = temporaryFolder();
    const first = await spawnFake({ generation, folder });
    const session = await newSession(first.url);
    const response = await prompt(first.url, generation, session, 'tool=shell one two die=3', 'turn-1');
    await expect(response.text()).rejects.toThrow();
    expect(await first.exited).toBe('SIGKILL');

    const second = await spawnFake({ generation, folder });
    const stored = (await (await fetch(`${second.url}/api/sessions/${session}`)).json()) as {
      messages: Event[];
    };
    expect(stored.messages.at(-1)?.message).toMatchObject({ content: 'You said: tool=shell ' });
    expect(readExecutions(folder)).toMatchObject([{ tool: 'shell', turn: 'turn-1' }]);
    const again = await events(await prompt(second.url, generation, session, 'die=3 times=1', 'turn-1'));
    expect(textOf(again)).toBe('You said: die=3 times=1');
    expect(readRuns(folder).map(({ turn }) => turn)).toEqual(['turn-1', 'turn-1']);
  });
});

it('asks for its token in the new generation, for a ping too', async () => {
  const { url } = await start({ generation: 'object', token: 'secret' });
  expect((await fetch(`${url}/api/ping`)).status).toBe(401);
  const headers = { authorization: 'Bearer secret' };
  expect((await fetch(`${url}/api/ping`, { headers })).status).toBe(200);
});

it('waits at a confirmation until it is answered, and can lose answers', async () => {
  const agent = await start();
  const session = await newSession(agent.url);
  const response = prompt(agent.url, 'array', session, 'tool=shell confirm drop-resume=1');
  const resume = (): Promise<Response> =>
    post(`${agent.url}/api/sessions/${session}/resume`, { confirmation: 'reject', reason: 'no' });
  await until('the run', () => agent.stats().running === 1);
  let answers = 0;
  const list = events(await response);
  while (agent.stats().running === 1) {
    answers += 1;
    await resume();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(answers).toBeGreaterThanOrEqual(2);
  const refused = (await list).find(({ type }) => type === 'tool_call_response');
  expect(refused?.response).toBe('The user rejected the tool call. Reason: no');
  expect(agent.stats().executions).toEqual([]);
});

async function spawnFake(
  options: FakeAgentOptions,
): Promise<{ url: string; exited: Promise<string | null> }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit').then(([, signal]) => signal as string | null);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { url: (JSON.parse(line) as { url: string }).url, exited };
}
