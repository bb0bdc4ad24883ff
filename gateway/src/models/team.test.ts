/** Several models in one turn, by a real embedded agent: sub-agents and fallback, as whoever asked sees and pays for them. */
import { afterTools } from '@mobyclaw/testkit/fake-model';
import { expect, test } from 'vitest';
import { calls, embeddedWorld } from '../testing/embedded-world.ts';

test('the answer is the agent’s own, without what its sub-agent said, and both are counted', async () => {
  const usage = { prompt_tokens: 100, completion_tokens: 10 };
  const world = await embeddedWorld({
    rest: '    sub_agents: [reader]\n  reader: { model: fake/reader-1, instruction: You read. }\npermissions: { allow: ["*"] }\n',
    script: (request) => {
      if (request.model === 'reader-1') return { text: ['Read.'], usage };
      if (afterTools(request)) return { text: ['It boils at 100.'], usage };
      return { ...calls('transfer_task', { agent: 'reader', task: 'read', expected_output: '' }), usage };
    },
  });
  const { body } = await world.moby.ask('When does water boil?', { session: 'cli:main' });
  expect(body.text).toBe('It boils at 100.');
  expect(body.usage).toMatchObject({ inputTokens: 300, outputTokens: 30 });
});

test('a model that fails is followed by the next, and whoever asked is told which goes on', async () => {
  const world = await embeddedWorld({
    rest: '    fallback: { models: [fake/second-1], retries: -1 }\n',
    script: ({ model }) =>
      model === 'second-1' ? { text: ['Here.'] } : { status: 429, body: { error: { message: 'slow down' } } },
  });
  const { turn, stream } = await world.moby.start('hello', { session: 'cli:main' });
  const events = await stream.all();
  expect(turn).not.toBe('');
  const notices = events.flatMap(({ type, data }) => (type === 'notice' ? [data.text] : []));
  expect(notices).toContain('The model fake/fake-1 failed; fake/second-1 goes on.');
  expect(events.at(-1)).toMatchObject({
    type: 'done',
    data: { text: 'Here.', usage: { model: 'fake/second-1' } },
  });
});
