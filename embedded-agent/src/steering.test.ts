/** `/steer`: what is said while a run goes on is put into it at its next step, echoed, and part of the conversation. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterTools, type ScriptedAnswer, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { until } from '@mobyclaw/testkit/until';
import { expect, it, onTestFinished } from 'vitest';
import { ofType, startAgent } from './testing/agent.ts';

async function start(script: Parameters<typeof startFakeModel>[0]) {
  const model = await startFakeModel(script);
  onTestFinished(() => model.close());
  const agent = await startAgent(`version: "7"
providers: { fake: { base_url: "${model.baseUrl}" } }
models: { main: { provider: fake, model: main-1 } }
agents:
  root: { model: main, description: Moby, instruction: You are Moby., toolsets: [{ type: shell }] }
permissions: { allow: ["*"] }
`);
  const session = await agent.newSession();
  const steer = (content: string) =>
    agent.raw('POST', `/api/sessions/${session}/steer`, { messages: [{ role: 'user', content }] });
  return { model, agent, session, steer };
}

/** A tool that runs until the file is there. */
const waits = (file: string): ScriptedAnswer => ({
  toolCalls: [
    {
      id: 'call_1',
      name: 'shell',
      arguments: JSON.stringify({
        cmd: `touch begun; while [ ! -e ${file} ]; do sleep 0.05; done; echo ready`,
      }),
    },
  ],
});

it('is told with the result of the tool that runs, in the same stream, and stands in the session', async () => {
  const { model, agent, session, steer } = await start((request) =>
    afterTools(request) || JSON.stringify(request.messages).includes('ready')
      ? { text: ['Both are done.'] }
      : waits('go'),
  );
  const running = agent.run(session, 'Do the first');
  await until('the tool to run', () => existsSync(join(agent.folder, 'begun')));
  expect(await steer('And the second')).toEqual({ status: 202, body: '{"status":"queued"}\n' });
  writeFileSync(join(agent.folder, 'go'), '');
  const events = await running;
  expect(ofType(events, 'user_message').map(({ message }) => message)).toEqual([
    'Do the first',
    'And the second',
  ]);
  expect(ofType(events, 'stream_stopped')).toHaveLength(1);
  expect(model.requests).toHaveLength(2);
  expect(model.requests[1]?.messages.slice(-2).map(({ role }) => role)).toEqual(['tool', 'user']);
  expect(JSON.stringify(model.requests[1]?.messages.at(-1))).toContain('And the second');
  const { messages } = await agent.stored(session);
  expect(messages?.map(({ message }) => message.role)).toEqual([
    'user',
    'assistant',
    'tool',
    'user',
    'assistant',
  ]);
  expect((await steer('too late')).status).toBe(409);
}, 60_000);

it('goes on with it where the answer was as good as given', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const { model, agent, session, steer } = await start((_request, index) =>
    index === 0
      ? { text: ['One.', ' End.'], beforePiece: (piece) => (piece === 1 ? gate : Promise.resolve()) }
      : { text: ['Two.'] },
  );
  const events: string[] = [];
  const running = agent.run(session, 'first', { onEvent: ({ type }) => events.push(type) });
  await until('the answer to begin', () => events.includes('agent_choice'));
  expect((await steer('second')).status).toBe(202);
  open();
  const told = await running;
  expect(
    ofType(told, 'agent_choice')
      .map(({ content }) => content)
      .join('|'),
  ).toBe('One.| End.|Two.');
  expect(model.requests[1]?.messages.map(({ role }) => role).slice(-3)).toEqual([
    'user',
    'assistant',
    'user',
  ]);
}, 60_000);

it('refuses more than five that wait, an empty one, and a session without a run; what was not heard is nowhere', async () => {
  const { agent, session, steer } = await start(() => waits('never'));
  expect((await steer('nobody runs')).status).toBe(409);
  const left = new AbortController();
  const running = agent.run(session, 'first', { signal: left.signal }).catch(() => undefined);
  await until('the tool to run', () => existsSync(join(agent.folder, 'begun')));
  expect((await steer(' ')).status).toBe(400);
  for (let n = 0; n < 5; n++) expect((await steer(`later ${n}`)).status).toBe(202);
  expect((await steer('one too many')).status).toBe(429);
  left.abort();
  await running;
  await until('the run to have ended', async () => (await steer('over')).status === 409);
  expect(JSON.stringify(await agent.stored(session))).not.toContain('later');
}, 60_000);
