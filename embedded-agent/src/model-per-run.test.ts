/** A run that names its model: instead of the agent's own, for this run alone, in either form of body. */
import { startFakeModel } from '@mobyclaw/testkit/fake-model';
import { expect, it, onTestFinished } from 'vitest';
import { startAgent } from './testing/agent.ts';

async function start() {
  const model = await startFakeModel(({ model: name }) =>
    name === 'full-1'
      ? { status: 429, body: { error: { message: 'slow down' } } }
      : { text: [`I am ${name}.`] },
  );
  onTestFinished(() => model.close());
  const agent = await startAgent(`version: "7"
providers: { fake: { base_url: "${model.baseUrl}" } }
models:
  main: { provider: fake, model: main-1 }
  small: { provider: fake, model: small-1, max_tokens: 77 }
  full: { provider: fake, model: full-1 }
agents: { root: { model: main, instruction: You are Moby., fallback: { models: [small, main], retries: -1 } } }
`);
  const session = await agent.newSession();
  const run = async (body: unknown): Promise<string[]> => {
    const { status, body: answered } = await agent.raw('POST', `/api/sessions/${session}/agent/soul`, body);
    if (status !== 200) return [`${status} ${answered}`];
    return model.requests.splice(0).map(({ model: name }) => name);
  };
  const messages = [{ role: 'user', content: 'hello' }];
  return { agent, model, session, run, messages };
}

it('asks that one, and without one its own again', async () => {
  const { run, messages } = await start();
  expect(await run({ messages, model: 'small' })).toEqual(['small-1']);
  expect(await run({ messages })).toEqual(['main-1']);
  expect(await run({ messages, model: '' })).toEqual(['main-1']);
  expect(await run({ messages, model: 'main' })).toEqual(['main-1']);
  expect(await run({ messages, model: 'fake/other-1' })).toEqual(['other-1']);
  expect(await run(messages)).toEqual(['main-1']);
});

it('goes on with the fallback models where it fails, each once', async () => {
  const { run, messages } = await start();
  expect(await run({ messages, model: 'full' })).toEqual(['full-1', 'small-1']);
  expect(await run({ messages, model: 'small' })).toEqual(['small-1']);
});

it('is refused where there is no such model, and nothing is stored', async () => {
  const { agent, session, run, messages } = await start();
  const [refusal] = await run({ messages, model: 'smal' });
  expect(refusal).toMatch(
    /^422 .*the model: \\"smal\\" is neither an entry of models: \(main, small, full\)/,
  );
  expect((await agent.stored(session)).messages ?? []).toEqual([]);
});
