/**
 * What the agent's token alone is worth: an injected page has the shell call our MCP servers, with no header, with one that
 * was made up, with that of a turn that has ended, or with a guest's that was altered.
 */
import { decodeCapability } from '@mobyclaw/mcp/capability';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ActingAgent, AGENT_TOKEN } from '../testing/acting-agent.ts';
import { type Harness, openHarness } from '../testing/harness.ts';
import { BOB, openTelegramWorld } from '../testing/telegram-world.ts';

const SEARCH = { query: 'safe' };

/** @param capabilities filled with what each run was given */
async function open(capabilities: string[]): Promise<{ moby: Harness; agent: ActingAgent }> {
  const agent = new ActingAgent();
  const moby = await openHarness({
    env: { MOBYCLAW_MCP_TOKEN: AGENT_TOKEN },
    agent: {
      script: (prompt) => {
        capabilities.push(prompt.capability);
        return agent.script(prompt);
      },
    },
  });
  agent.port = moby.port;
  await moby.ask('the safe is behind the mirror');
  return { moby, agent };
}

const refused = (text: string) => ({ isError: true, text: expect.stringContaining(text) });

test('the agent’s token opens nothing without the capability of a turn that runs', async () => {
  const capabilities: string[] = [];
  const { moby, agent } = await open(capabilities);
  const [ended = ''] = capabilities;
  const { turn = '' } = decodeCapability(ended) ?? {};
  const search = (capability: string | null) => agent.send(capability, 'history_search', SEARCH);
  expect(await search(null)).toEqual(refused('mend soul.yaml'));
  expect(await search(turn)).toEqual(refused('not given by the gateway'));
  expect(await search(ended)).toEqual(refused('has ended'));
  expect(await search(`${ended.slice(0, -1)}${ended.endsWith('A') ? 'B' : 'A'}`)).toEqual(
    refused('not given by the gateway'),
  );

  const { stream } = await moby.start('tokens=500 interval=20ms a long story');
  const running = await until('the run', () => capabilities.at(-1) !== ended && capabilities.at(-1));
  expect((await search(running)).text).toContain('mirror');
  await moby.call('POST', `/api/sessions/${encodeURIComponent('api:main')}/stop`, { body: {} });
  await stream.all();
  expect(await search(running)).toEqual(refused('has ended'));
});

test('a second attempt has a capability of its own, and that of the first is worth nothing', async () => {
  const capabilities: string[] = [];
  const answers: unknown[] = [];
  const agent = new ActingAgent();
  const moby = await openHarness({
    env: { MOBYCLAW_MCP_TOKEN: AGENT_TOKEN },
    agent: {
      script: ({ capability }) => {
        capabilities.push(capability);
        if (capabilities.length === 1) return [{ do: 'hang-up', how: 'reset' }];
        const act = async (): Promise<string> => {
          for (const one of capabilities) answers.push(await agent.send(one, 'now', {}));
          return 'asked';
        };
        return [
          { do: 'tools', calls: [{ name: 'now', act }] },
          { do: 'text', text: 'Done.' },
        ];
      },
    },
  });
  agent.port = moby.port;
  expect((await moby.ask('what time is it?')).body.text).toBe('Done.');
  expect(capabilities.map((text) => decodeCapability(text)?.run)).toEqual([1, 2]);
  expect(answers).toEqual([refused('has ended'), { isError: false, text: expect.stringContaining('UTC') }]);
});

test('what a guest’s turn was given cannot be made the owner’s, and other assistants need none', async () => {
  let ofBob = '';
  const agent = new ActingAgent();
  const world = await openTelegramWorld({
    env: { MOBYCLAW_MCP_TOKEN: AGENT_TOKEN },
    agent: {
      script: (prompt) => {
        if (prompt.text.includes('my turn')) ofBob = prompt.capability;
        return agent.script(prompt);
      },
    },
  });
  agent.port = world.gateway.port;
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'let me in' });
  await world.reply((text) => text.includes('code'), BOB.id);
  const { body } = await world.gateway.call('GET', '/api/pairings');
  await world.gateway.call('POST', `/api/pairings/${body.pending[0].code}/approve`, { body: {} });
  world.say('the safe is behind the mirror');
  await world.reply((text) => text.includes('mirror'));
  world.telegram.say({ chat: BOB.id, from: BOB, text: 'tokens=2000 interval=20ms my turn' });
  await until('the run', () => ofBob !== '');
  expect((await agent.send(ofBob, 'history_search', { query: 'mirror' })).text).toContain('Nothing');
  const [payload = '', signature = ''] = ofBob.split('.');
  const altered = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  const ofTheOwner = Buffer.from(JSON.stringify({ ...altered, asker: 'owner' })).toString('base64url');
  expect(await agent.send(`${ofTheOwner}.${signature}`, 'history_search', { query: 'mirror' })).toEqual(
    refused('not given by the gateway'),
  );
  const asAssistant = await world.gateway.call('POST', '/mcp', {
    headers: { accept: 'application/json, text/event-stream' },
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'history_search', arguments: { query: 'mirror' } },
    },
  });
  expect(JSON.stringify(asAssistant.body.result)).toContain('«mirror»');
});
