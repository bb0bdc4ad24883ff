/** `ask_moby` of the official client, where Moby takes longer than a client waits. */
import { type Clock, systemClock } from '@mobyclaw/lib/clock';
import { connectMcp } from '@mobyclaw/testkit/mcp-client';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect, onTestFinished, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';

/** The patience of 45 s lasts 450 ms, and so on. */
const fast: Clock = {
  ...systemClock,
  after: (ms, act) => systemClock.after(ms >= 10_000 ? ms / 100 : ms, act),
};
const SLOW = 'tokens=20 interval=100ms'; // two seconds, which is more than the patience

async function setUp() {
  const moby = await openHarness({ clock: fast });
  const client = await connectMcp(`http://127.0.0.1:${moby.port}`, moby.token);
  onTestFinished(() => client.close());
  return { moby, client };
}

async function text(call: ReturnType<Client['callTool']>): Promise<string> {
  const { content } = (await call) as { content: { text: string }[] };
  return content.map((block) => block.text).join('');
}

test('a client that follows progress is told all along, and gets the answer of the one call', async () => {
  const { moby, client } = await setUp();
  const told: string[] = [];
  const answer = await text(
    client.callTool({ name: 'ask_moby', arguments: { prompt: `${SLOW} tool=memory_append` } }, undefined, {
      onprogress: ({ message = '' }) => told.push(message),
      timeout: 1000,
      resetTimeoutOnProgress: true,
    }),
  );
  expect(answer).toContain('You said: tokens=20');
  expect(told).toContain('Writing to memory');
  expect(told.length).toBeGreaterThan(5);
  expect(moby.agent?.stats().runs).toHaveLength(1);
});

test('any other gets a handle in time and comes back with it', async () => {
  const { moby, client } = await setUp();
  const handle = await text(client.callTool({ name: 'ask_moby', arguments: { prompt: SLOW } }));
  const turn = /turn "([^"]+)"/.exec(handle)?.[1] ?? '';
  let answer = '';
  for (let tries = 0; !answer.includes('You said'); tries++) {
    expect(tries).toBeLessThan(20);
    answer = await text(client.callTool({ name: 'ask_moby_result', arguments: { turn } }));
  }
  expect(moby.agent?.stats().runs).toHaveLength(1);
  const wrong = await client.callTool({ name: 'ask_moby_result', arguments: { turn: 'no-such' } });
  expect(wrong).toMatchObject({ isError: true });
});

test('asking the same again meanwhile is the same turn; after the answer it is a new question', async () => {
  const { moby, client } = await setUp();
  const ask = () => text(client.callTool({ name: 'ask_moby', arguments: { prompt: SLOW } }));
  let answer = await ask();
  expect(answer).toContain('still at it');
  for (let tries = 0; !answer.includes('You said'); tries++) {
    expect(tries).toBeLessThan(20);
    answer = await ask();
  }
  expect(moby.agent?.stats().runs).toHaveLength(1);
  expect(await ask()).toContain('still at it');
  expect(moby.agent?.stats().runs).toHaveLength(2);
});

test('somebody else’s turn cannot be fetched as an answer', async () => {
  const { moby, client } = await setUp();
  const { turn } = (await moby.ask('secret', { session: 'cli:main' })).body;
  const answer = await client.callTool({ name: 'ask_moby_result', arguments: { turn } });
  expect(answer).toMatchObject({ isError: true });
});
