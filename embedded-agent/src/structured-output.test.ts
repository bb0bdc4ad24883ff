import { startFakeModel } from '@mobyclaw/testkit/fake-model';
import { expect, it, onTestFinished } from 'vitest';
import { fakeSoul, startAgent, textOf } from './testing/agent.ts';

const SCHEMA = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
};

async function requestOf(agentKeys: string): Promise<{ text: string; format: unknown }> {
  const model = await startFakeModel(() => ({ text: ['{"a":"b"}'] }));
  onTestFinished(() => model.close());
  const agent = await startAgent(fakeSoul(model.baseUrl, { agent: agentKeys }));
  const text = textOf(await agent.run(await agent.newSession(), 'go'));
  return { text, format: model.requests[0]?.response_format };
}

it('structured_output is asked of the provider with each call, and not without it', async () => {
  const wanted = `    structured_output: { name: out, strict: true, schema: ${JSON.stringify(SCHEMA)} }`;
  const { text, format } = await requestOf(wanted);
  expect(text).toBe('{"a":"b"}');
  expect(format).toMatchObject({ type: 'json_schema', json_schema: { name: 'out', schema: SCHEMA } });
  expect((await requestOf('')).format).toBeUndefined();
});
