/** The owner asks where a line comes from: over the API and in a chat, of the real memory server, in front of a model that wrote it. */
import { expect, test } from 'vitest';
import { ActingAgent } from '../testing/acting-agent.ts';
import { openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';

test('the API and the command name turn, conversation and person of a line that a turn wrote', async () => {
  const memory = await startMemoryServer();
  const agent = new ActingAgent();
  agent.memory = memory.url;
  const moby = await openHarness({ env: memory.env, agent: { script: agent.script } });
  agent.port = moby.port;
  const written = agent.onMessage('note the tea', 'memory_append', { text: 'The owner likes green tea.' });
  const { body } = await moby.ask('note the tea', { session: 'web:kitchen' });
  expect((await written).text).toContain('Written');
  const why = await moby.call('GET', '/api/memory/why?q=tea');
  expect(why.body.lines).toMatchObject([
    {
      text: 'The owner likes green tea.',
      state: 'written',
      source: { turn: body.turn, session: 'web:kitchen', asker: 'owner' },
    },
  ]);
  const run = async (text: string): Promise<string> =>
    (await moby.call('POST', '/api/sessions/cli:main/command', { body: { text } })).body.text;
  expect(await run('/memory why tea')).toMatch(/likes green tea[\s\S]*in web:kitchen/);
  expect(await run('/memory why')).toContain('Write what it is about');
  expect(await run('/memory')).toContain('green tea');
  expect(await run('/memory why quantum')).toContain('Nothing in the memory');
  expect((await moby.call('GET', '/api/memory/why')).status).toBe(422);
});

test('without a memory server, and with one that is away, it says so', async () => {
  const none = await openHarness();
  expect((await none.call('GET', '/api/memory/why?q=tea')).body).toMatchObject({
    type: '/problems/memory-error',
    detail: 'No memory server is configured.',
  });
  const env = {
    MOBYCLAW_MEMORY_URL: 'http://127.0.0.1:1',
    MOBYCLAW_MEMORY_TOKEN: 'the-token-that-nobody-asks',
  };
  const away = await openHarness({ env });
  expect((await away.call('GET', '/api/memory/why?q=tea')).body.detail).toContain('does not answer');
});
