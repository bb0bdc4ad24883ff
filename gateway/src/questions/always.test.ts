/** "Always": the rule stands in soul.yaml, and means the call that was seen. With the agent and the memory server as processes. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ASKING_AGENT } from '../testing/asking-agent.ts';
import { calls, embeddedWorld } from '../testing/embedded-world.ts';
import { openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';

const ASKING = '# what he may\npermissions:\n  allow: ["*"] # all but\n  ask: [shell]\n';
const RULED =
  '# what he may\npermissions:\n  allow: ["*", "shell:cmd=echo one:*="] # all but\n  ask: [shell]\n';

/** A model that runs each line of what it was asked, one after the other, then says so. */
function runs(): Parameters<typeof embeddedWorld>[0]['script'] {
  return ({ messages }) => {
    const at = messages.findLastIndex(({ role }) => role === 'user');
    const commands = [...String(JSON.stringify(messages[at]?.content)).matchAll(/run <(.*?)>/g)].map(
      ([, cmd]) => cmd,
    );
    const done = messages.slice(at).filter(({ role }) => role === 'tool');
    const next = commands[done.length];
    if (next !== undefined) return calls('shell', { cmd: next });
    return { text: [`Done: ${done.map(({ content }) => String(content).trim()).join(', ')}`] };
  };
}

test('a call that is always allowed is asked about no more, at once and after a reload; its neighbours are', async () => {
  const { moby, soul, asked, answer, restartAgent } = await embeddedWorld({ rest: ASKING, script: runs() });
  const { stream } = await moby.start('run <echo one> run <echo one> run <echo two>');
  const first = await asked();
  expect(first.options.map(({ id }) => id)).toEqual(['once', 'turn', 'always', 'no']);
  const { body } = await answer(first.id, { option: 'always' });
  expect(body.outcome).toContain('Allowed always (shell:cmd=echo one:*=)');
  const second = await asked();
  expect(second.details).toMatchObject({ args: { cmd: 'echo two' } });
  await answer(second.id, { option: 'no', reason: 'one is enough' });
  await stream.all();
  const all = (await moby.call('GET', '/api/questions?state=all')).body.items;
  expect(all).toHaveLength(2);
  await until('the rule', () => soul().endsWith(RULED));
  expect(soul().startsWith("# The owner's own file.\n")).toBe(true);

  await restartAgent();
  const again = await moby.start('run <echo one> run <echo one -n>');
  expect((await asked()).details).toMatchObject({ args: { cmd: 'echo one -n' } });
  await answer((await asked()).id, { option: 'no' });
  await again.stream.all();
  expect((await moby.call('GET', '/api/questions?state=all')).body.items).toHaveLength(3);
  expect(soul().endsWith(RULED)).toBe(true);
}, 60_000);

test('what cagent asks about too much is answered by the rules of soul.yaml, and only the rest by the owner', async () => {
  const memory = await startMemoryServer();
  const soul = (permissions: string) =>
    writeFileSync(join(memory.home, 'soul.yaml'), `agents: { root: {} }\n${permissions}`);
  soul('permissions: { allow: ["*"], ask: ["shell"], deny: ["fetch"] }\n');
  const moby = await openHarness({ agent: { generation: 'array' }, env: memory.env });
  expect((await moby.ask('confirm tool=memory_append')).status).toBe(200);
  expect((await moby.ask('confirm tool=fetch')).status).toBe(200);
  expect(moby.agent?.answers().at(-1)?.body).toContain('forbids it');
  expect(moby.agent?.stats().executions.map(({ tool }) => tool)).toEqual(['memory_append']);
  const { stream } = await moby.start('confirm tool=shell');
  const question = await until(
    'a question',
    async () => (await moby.call('GET', '/api/questions')).body.items[0],
  );
  await moby.call('POST', `/api/questions/${question.id}/answer`, { body: { option: 'once' } });
  await stream.all();
  expect((await moby.call('GET', '/api/questions?state=all')).body.items).toHaveLength(1);
});

test.each(['array', 'object'] as const)(
  'with cagent a call that is always allowed is asked about no more, and its neighbours are (%s)',
  async (generation) => {
    const memory = await startMemoryServer();
    const file = join(memory.home, 'soul.yaml');
    writeFileSync(file, `agents: { root: {} }\npermissions: { allow: ["*"], ask: ["shell"] }\n`);
    const moby = await openHarness({ agent: { ...ASKING_AGENT, generation }, env: memory.env });
    const all = async () => (await moby.call('GET', '/api/questions?state=all')).body.items;
    const ask = async (prompt: string, option: string): Promise<unknown> => {
      const before = (await all()).length;
      const { stream } = await moby.start(prompt);
      const [question] = await until('a question', async () => (await all()).length > before && all());
      await moby.call('POST', `/api/questions/${question.id}/answer`, { body: { option } });
      return (await stream.all()).at(-1);
    };
    expect(await ask('run: echo one', 'always')).toMatchObject({
      data: { text: 'I was told: echo one was run' },
    });
    await until('the rule', () => readFileSync(file, 'utf8').includes('"shell:cmd=echo one:*="'));
    expect((await moby.ask('run: echo one')).body.text).toBe('I was told: echo one was run');
    expect(await all()).toHaveLength(1);
    expect(await ask('run: echo one more', 'no')).toMatchObject({
      data: { text: expect.stringContaining('said no') },
    });
    expect(await all()).toHaveLength(2);
  },
);

test('a rule that soul.yaml cannot take is told with the question, and the call is allowed all the same', async () => {
  const { moby, soul, writeSoul, asked, answer } = await embeddedWorld({ rest: ASKING, script: runs() });
  const { stream } = await moby.start('run <echo one>');
  const { id } = await asked();
  const broken = soul().replace('ask: [shell]', 'ask: [shell');
  writeSoul(broken);
  expect((await answer(id, { option: 'always' })).status).toBe(200);
  expect((await stream.all()).at(-1)).toMatchObject({ type: 'done', data: { text: 'Done: one' } });
  const outcome = await until('the word on it', async () => {
    const found = (await moby.call('GET', `/api/questions/${id}`)).body.outcome as string;
    return found.includes('No rule was written') ? found : undefined;
  });
  expect(outcome).toMatch(/Allowed always .* No rule was written: soul\.yaml: line \d+/);
  expect(soul()).toBe(broken);
}, 60_000);
