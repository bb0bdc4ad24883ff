/** Several calls in one answer: those that only read run side by side, the others alone; results keep their order. */
import type { CagentEvent } from '@mobyclaw/protocol/cagent';
import { afterTools, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { startMcpServer, textResult } from '@mobyclaw/testkit/mcp-server';
import { until } from '@mobyclaw/testkit/until';
import { expect, it, onTestFinished } from 'vitest';
import { fakeSoul, ofType, startAgent } from './testing/agent.ts';
import { violations } from './testing/conformance.ts';

async function start(names: readonly string[], permissions = 'allow: ["*"]') {
  const began: string[] = [];
  const gates = new Map(['a', 'b', 'c'].map((file) => [file, Promise.withResolvers<void>()]));
  const inputSchema = { type: 'object' as const, properties: { file: { type: 'string' } } };
  const call = async (name: string, file: string) => {
    began.push(`${name} ${file}`);
    await gates.get(file)?.promise;
    return textResult(`${name} ${file}`);
  };
  const tools = await startMcpServer({
    read: {
      description: 'Read',
      inputSchema,
      annotations: { readOnlyHint: true },
      call: ({ file }) => call('read', String(file)),
    },
    write: { description: 'Write', inputSchema, call: ({ file }) => call('write', String(file)) },
  });
  const model = await startFakeModel((request) =>
    afterTools(request)
      ? { text: ['Done.'] }
      : {
          toolCalls: names.map((name, index) => ({
            id: `call_${index}`,
            name,
            arguments: JSON.stringify({ file: 'abc'[index] }),
          })),
        },
  );
  onTestFinished(async () => {
    for (const { resolve } of gates.values()) resolve();
    await model.close();
    await tools.close();
  });
  const agent = await startAgent(
    fakeSoul(model.baseUrl, { mcpUrl: tools.url, rest: `permissions: { ${permissions} }` }),
  );
  const session = await agent.newSession({ tools_approved: false });
  const seen: CagentEvent[] = [];
  const run = agent.run(session, 'go', { onEvent: (event) => seen.push(event) });
  return { agent, session, model, began, run, seen, open: (file: string) => gates.get(file)?.resolve() };
}

it('reads run side by side, and are told in the order in which they were asked for', async () => {
  const { agent, session, model, began, run, seen, open } = await start(['read', 'read', 'read']);
  await until('all three', () => began.length === 3);
  open('c');
  open('b');
  expect(ofType(seen, 'tool_call_response')).toEqual([]);
  open('a');
  const events = await run;
  expect(violations(events, { cut: false })).toEqual([]);
  expect(ofType(events, 'tool_call_response').map(({ response }) => response)).toEqual([
    'read a',
    'read b',
    'read c',
  ]);
  const results = model.requests[1]?.messages.filter(({ role }) => role === 'tool');
  expect(results?.map(({ tool_call_id }) => tool_call_id)).toEqual(['call_0', 'call_1', 'call_2']);
  const stored = (await agent.stored(session)).messages?.filter(({ message }) => message.role === 'tool');
  expect(stored?.map(({ message }) => message.content)).toEqual(['read a', 'read b', 'read c']);
});

it('what may change something waits for all before it, and all after it wait', async () => {
  const { began, run, open } = await start(['read', 'write', 'read']);
  await until('the first', () => began.length === 1);
  open('a');
  await until('the write', () => began.length === 2);
  open('b');
  open('c');
  await run;
  expect(began).toEqual(['read a', 'write b', 'read c']);
});

it('a read that somebody is asked about runs alone', async () => {
  const { agent, session, began, run, seen, open } = await start(['read', 'read'], 'ask: [read]');
  for (const file of ['a', 'b']) open(file);
  for (const asked of [1, 2]) {
    await until('the question', () => ofType(seen, 'tool_call_confirmation').length === asked);
    expect(began).toHaveLength(asked - 1);
    await agent.call('POST', `/api/sessions/${session}/resume`, { confirmation: 'approve' });
  }
  await run;
  expect(began).toEqual(['read a', 'read b']);
});

it('a run that is cut ends all of them', async () => {
  const { agent, session, began, run } = await start(['read', 'read', 'read']);
  const broken = run.catch((error: NodeJS.ErrnoException) => error.code);
  await until('all three', () => began.length === 3);
  expect((await agent.call('DELETE', `/api/sessions/${session}`)).status).toBe(200);
  expect(await broken).toBe('ECONNRESET');
});
