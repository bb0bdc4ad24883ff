import type { BeatView } from '@mobyclaw/protocol/heartbeat';
import type { FakeAgentOptions } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { checklistServer } from '../testing/checklist-server.ts';
import { type Harness, openHarness } from '../testing/harness.ts';

/** A gateway with a heartbeat, in front of an agent. */
async function beating(agent: FakeAgentOptions): Promise<Harness> {
  return openHarness({ agent, env: await checklistServer('- Look at the disk.') });
}

async function beat(moby: Harness): Promise<BeatView> {
  const { slot } = (await moby.call('POST', '/api/heartbeat/run')).body as BeatView;
  const find = async (): Promise<BeatView | undefined> =>
    ((await moby.call('GET', '/api/heartbeat')).body.beats as BeatView[]).find((one) => one.slot === slot);
  await until('the beat to be answered', async () => (await find())?.state !== 'asking');
  return (await find()) as BeatView;
}

const ranWith = (moby: Harness): string[] => (moby.agent?.stats().runs ?? []).map(({ agent }) => agent);

test.each(['array', 'object'] as const)(
  'beats run with the agent "heartbeat" where soul.yaml has one, everything else with root (%s)',
  async (generation) => {
    const moby = await beating({ generation, agents: ['root', 'heartbeat'] });
    expect((await moby.ask('hello')).status).toBe(200);
    expect((await beat(moby)).usage?.model).toBe('fake/fake-heartbeat');
    expect((await beat(moby)).usage?.model).toBe('fake/fake-heartbeat');
    expect((await moby.ask('hello again')).status).toBe(200);
    expect(ranWith(moby)).toEqual(['root', 'heartbeat', 'heartbeat', 'root']);
    const status = (await moby.call('GET', '/api/status')).body;
    expect(status.heartbeat.model).toBe('fake/fake-heartbeat');
    expect(status.heartbeat.last.turn).toEqual(expect.any(String));
    expect(status.agent.model).toBe('fake/fake-1'); // what people talk to
    expect((await moby.call('GET', '/api/heartbeat')).body.model).toBe('fake/fake-heartbeat');
  },
);

test('without such an agent beats run with root', async () => {
  const moby = await beating({});
  expect((await beat(moby)).usage?.model).toBe('fake/fake-1');
  expect(ranWith(moby)).toEqual(['root']);
});

test('a soul.yaml that cannot be used fails the beat with what the agent says of it', async () => {
  const moby = await beating({ agents: ['root', 'heartbeat'], broken: 'unknown field "modle"' });
  const { outcome, detail } = await beat(moby);
  expect(outcome).toBe('failed');
  expect(detail).toContain('unknown field "modle"');
});
