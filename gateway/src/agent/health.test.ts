/** What the agent says of itself between runs. */
import { expect, it } from 'vitest';
import { connect } from './testing/client.ts';
import { sendJson, testServer } from './testing/server.ts';

async function readinessOf(agents: unknown) {
  const server = await testServer(({ path }, response) => {
    sendJson(response, 200, path === '/api/agents' ? agents : { status: 'ok' });
  });
  return await connect(server.url).readiness();
}

it('names the tool servers that it cannot use, without a password of theirs', async () => {
  const tool_problems = ['mcp(stdio cmd=x) start failed: cannot reach http://me:s3cret@db/'];
  expect(await readinessOf([{ name: 'soul', tool_problems }])).toEqual({
    ready: true,
    toolProblems: ['mcp(stdio cmd=x) start failed: cannot reach http://…@db/'],
  });
});

it.each([
  ['without such a list, as cagent sends it', [{ name: 'soul' }], true],
  ['of another soul only', [{ name: 'other' }], false],
  ['of nothing, while soul.yaml is broken', [], false],
  ['that is none', { message: 'x' }, false],
])('reads an answer %s', async (_, agents, ready) => {
  expect(await readinessOf(agents)).toEqual({ ready, toolProblems: [] });
});
