/** What `status` says about soul.yaml: in force is only what was confirmed and is what the engine was started with. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';

/** Memory and supervisor behind one address: their routes do not meet. */
async function parts(supervisor: { soul: string; altered?: true }): Promise<Record<string, string>> {
  const soul = { candidate: { hash: 'mine' }, published: 'mine', confirmed: 'mine' };
  const status = {
    engine: { kind: 'cagent', version: '1.32.3' },
    state: 'ready',
    pid: 1,
    startedAt: null,
    restarts: 0,
  };
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/soul/watch')) return; // nothing changes
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url === '/soul' ? soul : { ...status, ...supervisor }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokens = {
    MOBYCLAW_MEMORY_TOKEN: 'the-token-that-memory-asks-for',
    MOBYCLAW_CONTROL_TOKEN: 'the-token-of-the-supervisor',
  };
  return { MOBYCLAW_MEMORY_URL: url, MOBYCLAW_AGENT_CONTROL_URL: url, ...tokens };
}

test.each([
  ['what was confirmed', { soul: 'mine' }, 'in-force', undefined],
  ['another file', { soul: 'a stranger’s' }, 'differs', /agent\/soul\.yaml/],
  ['a copy that was rewritten', { soul: 'mine', altered: true as const }, 'differs', /restart agent/],
])('an agent that was started with %s', async (_, supervisor, state, problem) => {
  const moby = await openHarness({ env: await parts(supervisor) });
  const soul = await until('soul.yaml to be looked at', async () => {
    const { body } = await moby.call('GET', '/api/status');
    return body.soul.state !== 'unknown' && body.soul;
  });
  expect(soul.state).toBe(state);
  if (problem === undefined) expect(soul.problem).toBeUndefined();
  else expect(soul.problem).toMatch(problem);
});
