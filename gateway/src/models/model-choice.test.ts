/** Another model for a conversation or a message: kept by the gateway, named to the engine, refused where it cannot be. */
import { expect, test } from 'vitest';
import { embeddedWorld } from '../testing/embedded-world.ts';
import { openHarness } from '../testing/harness.ts';

type Generation = 'array' | 'object';

async function open(generation: Generation) {
  const moby = await openHarness({ agent: { generation, models: ['big', 'small'] } });
  const command = async (text: string): Promise<string> =>
    (await moby.call('POST', '/api/sessions/cli%3Amain/command', { body: { text } })).body.text;
  const ask = (prompt: string, more: object = {}) =>
    moby.call('POST', '/prompt', { body: { prompt, session: 'cli:main', ...more } });
  const models = (): unknown[] => (moby.agent?.stats().runs ?? []).map(({ model }) => model);
  return { moby, command, ask, models };
}

test('a conversation has the model that was chosen for it, in a new agent session too, until it is the default again', async () => {
  const { moby, command, ask, models } = await open('object');
  await ask('one');
  expect(await command('/model')).toContain('`/model small`');
  expect(await command('/model small')).toContain('I think with **small** in this conversation');
  await ask('two');
  await moby.call('POST', '/api/sessions/cli%3Amain/reset', { body: {} });
  await ask('three');
  expect((await moby.call('GET', '/api/sessions/cli%3Amain')).body.model).toBe('small');
  await moby.ask('elsewhere', { session: 'cli:other' });
  expect(await command('/model')).toContain('In this conversation I think with **small**');
  expect(await command('/model default')).toContain('the model in soul.yaml');
  await ask('four');
  await ask('five');
  expect(models().slice(0, 4)).toEqual([undefined, 'small', 'small', undefined]);
  expect(models().slice(-2)).toEqual(['fake/fake-1', 'fake/fake-1']);
});

test('a message can have one of its own, and the next has not', async () => {
  const { ask, models } = await open('object');
  await ask('one', { model: 'big' });
  await ask('two');
  expect(models()).toEqual(['big', 'fake/fake-1']);
});

test('an older cagent is not asked for what it cannot do, and whoever asked is told', async () => {
  const { moby, command, ask, models } = await open('array');
  const cannot = 'The agent that runs cannot be asked for another model in one conversation';
  expect(await command('/model small')).toContain(cannot);
  const refused = await moby.call('PATCH', '/api/sessions/cli%3Amain', { body: { model: 'small' } });
  expect(refused.status).toBe(404);
  expect((await ask('one', { model: 'small' })).body).toMatchObject({
    detail: expect.stringContaining(cannot),
  });
  expect(models()).toEqual([]);
  await ask('two');
  expect((await moby.call('PATCH', '/api/sessions/cli%3Amain', { body: { model: 'small' } })).status).toBe(
    422,
  );
});

test('a name that soul.yaml does not have is refused with those that it has', async () => {
  const { moby, command, ask } = await open('object');
  expect(await command('/model huge')).toContain('soul.yaml has no model "huge". There are: big, small;');
  expect((await moby.call('GET', '/api/models')).body).toEqual({
    items: ['big', 'small'],
    own: 'fake/fake-1',
    choosable: true,
  });
  expect((await ask('one', { model: 'huge' })).body).toMatchObject({
    code: 'model_not_found',
    detail: expect.stringContaining('/model lists those there are'),
  });
});

test('the embedded agent is asked with it', async () => {
  const { moby, model } = await embeddedWorld({ script: ({ model: name }) => ({ text: [`I am ${name}.`] }) });
  const ask = (prompt: string) => moby.call('POST', '/prompt', { body: { prompt, session: 'cli:main' } });
  await ask('one');
  await moby.call('PATCH', '/api/sessions/cli%3Amain', { body: { model: 'fake/other-1' } });
  await ask('two');
  await moby.call('PATCH', '/api/sessions/cli%3Amain', { body: { model: null } });
  await ask('three');
  expect(model.requests.map(({ model: name }) => name)).toEqual(['fake-1', 'other-1', 'fake-1']);
});
