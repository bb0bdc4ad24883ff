import { expect, test } from 'vitest';
import { openHarness } from '../../testing/harness.ts';

async function opened() {
  const moby = await openHarness();
  const run = async (text: string, session = 'cli:main') =>
    (await moby.call('POST', `/api/sessions/${encodeURIComponent(session)}/command`, { body: { text } }))
      .body;
  return { moby, run };
}

test('the commands of a chat work in a terminal’s conversation, where no messenger is enabled too', async () => {
  const { moby, run } = await opened();
  await moby.ask('hello', { session: 'cli:main' });
  expect(await run('/help')).toMatchObject({ command: 'help', text: expect.stringContaining('/compact') });
  expect((await run('/usage')).text).toMatch(/tokens/);
  expect((await run('/queue collect')).text).toContain('answered together');
  expect((await moby.call('GET', '/api/sessions/cli:main')).body.queueMode).toBe('collect');
  expect((await run('/model')).text).toContain('soul.yaml');
  expect((await run('/cron')).text).toContain('Nothing is scheduled');
  expect((await run('/pairings')).text).toContain('nobody');
});

test('a new conversation is one, and what is asked next does not know the one before', async () => {
  const { moby, run } = await opened();
  await moby.ask('one', { session: 'cli:main' });
  expect((await run('/new clean')).text).toContain('not carried over');
  await moby.ask('two', { session: 'cli:main' });
  const [one, two] = (moby.agent?.stats().runs ?? []).filter(
    ({ prompt }) => !prompt.includes('note: upkeep'),
  );
  expect(two?.session).not.toBe(one?.session);
});

test('what is no command is said to be none', async () => {
  const { run } = await opened();
  for (const text of ['/nonsense', '/etc/hosts', 'hello', '//new']) {
    expect(await run(text)).toEqual({ command: null, text: '' });
  }
});
