/** How an edit of soul.yaml comes into force: published, taken by the agent, confirmed; or put back. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';

interface World {
  soul: {
    candidate: { hash: string; problem?: object } | null;
    published: string | null;
    confirmed: string | null;
  };
  agent: { state: string; soul?: string; problem?: object };
}

/** Memory and supervisor behind one address: their routes do not meet. Their agent takes every file but `bad`. */
async function world(first: World) {
  const { soul, agent } = first;
  const calls: string[] = [];
  const looks = { count: 0 };
  const watching = new Set<ServerResponse>();
  const send = (response: ServerResponse, status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const routes: Record<string, (body: { hash?: string }) => [number, object]> = {
    'GET /soul': () => [200, soul],
    'GET /status': () => [
      200,
      { engine: { kind: 'cagent', version: '1.32.3' }, pid: 1, startedAt: null, restarts: 0, ...agent },
    ],
    'POST /soul/publish': ({ hash }) => {
      soul.published = hash ?? null;
      return [200, {}];
    },
    'POST /soul/confirm': ({ hash }) => {
      soul.confirmed = hash ?? null;
      return [200, {}];
    },
    'POST /soul/restore': () => {
      soul.published = soul.confirmed;
      return [soul.confirmed === null ? 404 : 200, {}];
    },
    'POST /reload': () => {
      agent.soul = soul.published ?? '';
      const problem = { message: 'unknown key "modle"', line: 3 };
      return [200, soul.published === 'bad' ? { ok: false, problem } : { ok: true, soul: soul.published }];
    },
  };
  const server = createServer(async (request, response) => {
    if (request.url?.startsWith('/soul/watch')) return void watching.add(response);
    const operation = `${request.method} ${request.url}`;
    const body = await text(request);
    if (request.method === 'POST' && operation in routes) calls.push(`${operation} ${soul.published}`);
    if (operation === 'GET /status') looks.count++;
    const [status, answer] = routes[operation]?.(body === '' ? {} : JSON.parse(body)) ?? [404, {}];
    send(response, status, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const moby = await openHarness({
    env: {
      MOBYCLAW_MEMORY_URL: url,
      MOBYCLAW_AGENT_CONTROL_URL: url,
      MOBYCLAW_MEMORY_TOKEN: 'the-token-that-memory-asks-for',
      MOBYCLAW_CONTROL_TOKEN: 'the-token-of-the-supervisor',
    },
  });
  return {
    calls,
    looks,
    soul,
    agent,
    /** The owner saves the file. */
    async edit(candidate: World['soul']['candidate']) {
      await until('the watch', () => watching.size > 0);
      soul.candidate = candidate;
      for (const response of watching) send(response, 200, soul);
      watching.clear();
    },
    shows: (state: string) =>
      until(`soul.yaml to be ${state}`, async () => {
        const { body } = await moby.call('GET', '/api/status');
        return body.soul.state === state && body.soul;
      }),
  };
}

const good = (): World => ({
  soul: { candidate: { hash: 'one' }, published: 'one', confirmed: 'one' },
  agent: { state: 'ready', soul: 'one' },
});

test('what was published and never confirmed is, where the agent runs it; where he runs another, he is restarted', async () => {
  const running = await world({
    ...good(),
    soul: { candidate: { hash: 'one' }, published: 'one', confirmed: null },
  });
  await running.shows('in-force');
  expect(running.calls).toEqual(['POST /soul/confirm one']);
  const other = await world({
    soul: { candidate: { hash: 'one' }, published: 'one', confirmed: null },
    agent: { state: 'ready', soul: 'another' },
  });
  await other.shows('in-force');
  expect(other.calls).toEqual(['POST /reload one', 'POST /soul/confirm one']);
});

test.each([{ state: 'starting' }, { state: 'down' }])(
  'an agent that is %o is waited for, and not restarted',
  async (agent) => {
    const one = await world({
      soul: { candidate: { hash: 'one' }, published: 'one', confirmed: null },
      agent,
    });
    await until('a look at him', () => one.looks.count > 0);
    Object.assign(one.agent, { state: 'ready', soul: 'one' });
    await one.shows('in-force');
    expect(one.calls).toEqual(['POST /soul/confirm one']);
  },
);

test('an edit is published, the agent restarted, and then it is in force', async () => {
  const one = await world(good());
  await one.shows('in-force');
  await one.edit({ hash: 'two' });
  await until('the confirmation', () => one.soul.confirmed === 'two');
  await one.shows('in-force');
  expect(one.calls).toEqual(['POST /soul/publish one', 'POST /reload two', 'POST /soul/confirm two']);
});

test('one that the agent does not take is put back, and told with its line; so is one that memory refuses', async () => {
  const one = await world(good());
  await one.shows('in-force');
  await one.edit({ hash: 'bad' });
  const { problem } = await one.shows('rejected');
  expect(problem).toBe(
    'soul.yaml line 3: unknown key "modle". Moby goes on with the last version that worked.',
  );
  await until('the agent to run the one before', () => one.agent.soul === 'one');
  const after = ['POST /soul/publish one', 'POST /reload bad', 'POST /soul/restore bad', 'POST /reload one'];
  expect(one.calls).toEqual(after);
  await one.edit({ hash: 'three', problem: { message: 'it is empty' } });
  await until('the other reason', async () => (await one.shows('rejected')).problem.includes('is empty'));
  expect(one.calls).toEqual(after);
});
