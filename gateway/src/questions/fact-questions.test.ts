/** What memory cannot decide, asked of the owner by the gateway, with the memory server as a process. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Question } from '@mobyclaw/protocol/question';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ActingAgent } from '../testing/acting-agent.ts';
import { type Harness, openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';

/** Tomorrow's: the memory server has the clock of the machine, by which a capability must not be over. */
const NOON = Math.ceil(Date.now() / 86_400_000) * 86_400_000 + 43_200_000;
const MINUTE_MS = 60_000;

async function opened(env: Record<string, string> = {}, now = NOON) {
  const memory = await startMemoryServer();
  const agent = new ActingAgent();
  agent.memory = memory.url;
  const open = async (at: number, home?: string): Promise<{ moby: Harness; clock: ManualClock }> => {
    const clock = new ManualClock(at);
    const moby = await openHarness({
      env: { ...memory.env, ...env },
      agent: { script: agent.script },
      clock,
      ...(home === undefined ? {} : { home }),
    });
    agent.port = moby.port;
    return { moby, clock };
  };
  const first = await open(now);
  const current = { ...first };
  let count = 0;
  return {
    world: current,
    memory: (): string => readFileSync(join(memory.home, 'MEMORY.md'), 'utf8'),
    write: (text: string) => writeFileSync(join(memory.home, 'MEMORY.md'), text),
    async reopen(at: number) {
      await current.moby.close();
      Object.assign(current, await open(at, current.moby.home));
    },
    async tool(tool: string, input: object): Promise<string> {
      const words = `do it ${++count}`;
      const answer = agent.onMessage(words, tool, input);
      await current.moby.ask(words, { session: 'cli:main' });
      return (await answer).text;
    },
    questions: async (): Promise<Question[]> =>
      (await current.moby.call('GET', '/api/questions?state=all')).body.items,
    answer: (id: string, option: string) =>
      current.moby.call('POST', `/api/questions/${id}/answer`, { body: { option } }),
  };
}

/** Lets minutes pass until it holds; each look goes over a real connection. */
async function passing(clock: ManualClock, what: string, check: () => Promise<boolean>): Promise<void> {
  await until(what, async () => {
    if (await check()) return true;
    await clock.advance(MINUTE_MS);
    return false;
  });
}

test('two facts that contradict each other are asked about once, and the answer is carried out', async () => {
  const { world, tool, questions, answer, memory, reopen } = await opened();
  await tool('memory_append', { text: 'The owner lives in Paris.' });
  expect(await tool('memory_append', { text: 'The owner lives in Rome.' })).toContain('will be asked');
  await passing(world.clock, 'a question', async () => (await questions()).length > 0);
  const [question] = await questions();
  expect(question).toMatchObject({
    kind: 'fact',
    state: 'open',
    fallback: 'both',
    source: 'upkeep',
    text: expect.stringMatching(/Paris[\s\S]*Rome/),
    options: [{ id: 'new' }, { id: 'old' }, { id: 'both' }],
  });
  await reopen(NOON + 10 * MINUTE_MS);
  await world.clock.advance(2 * MINUTE_MS);
  expect(await questions()).toHaveLength(1);
  const { body } = await answer(question?.id ?? '', 'new');
  expect(body.outcome).toContain('The newer line stands');
  await until('the older line is gone', () => !memory().includes('Paris'));
  expect(memory()).toContain('Rome');
});

/** Minute by minute, with time for each look to reach memory and come back. */
async function later({ moby, clock }: { moby: Harness; clock: ManualClock }, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await clock.advance(MINUTE_MS);
    await moby.call('GET', '/api/memory/why?q=x');
  }
}

test('outside the active hours nobody is asked', async () => {
  const { world, tool, questions } = await opened({ MOBYCLAW_ACTIVE_HOURS: '13:00-23:00' });
  await tool('memory_append', { text: 'Never call before nine.' });
  await tool('memory_edit', { old_text: 'Never call', new_text: 'Call' });
  await later(world, 30);
  expect(await questions()).toEqual([]);
  await later(world, 30);
  await passing(world.clock, 'a question', async () => (await questions()).length > 0);
});

test('while a turn runs nobody is asked', async () => {
  const { world, tool, questions } = await opened();
  const { turn, stream } = await world.moby.start('silence=1', { session: 'web:kitchen' });
  await stream.until(({ type }) => type === 'started');
  await tool('memory_append', { text: 'Never call before nine.' });
  await tool('memory_edit', { old_text: 'Never call', new_text: 'Call' });
  await later(world, 3);
  expect(await questions()).toEqual([]);
  await world.moby.call('POST', `/api/turns/${turn}/cancel`);
  await stream.all();
  await passing(world.clock, 'a question', async () => (await questions()).length > 0);
});

test('a warning goes when the owner says so, and stays where nobody answers', async () => {
  const { world, tool, questions, memory, answer } = await opened();
  await tool('memory_append', { text: 'Never call before nine.\nTakes insulin at seven.' });
  await tool('memory_edit', { old_text: '- Never call before nine.\n', new_text: '' });
  await tool('memory_edit', { old_text: 'insulin at seven', new_text: 'nothing' });
  await passing(world.clock, 'the first question', async () => (await questions()).length === 1);
  const [first] = await questions();
  expect(first).toMatchObject({ title: 'May a warning be changed?', fallback: 'old' });
  expect((await answer(first?.id ?? '', 'new')).body.outcome).toContain('The warning is changed');
  await until('it is gone', () => !memory().includes('nine'));
  await passing(world.clock, 'the second question', async () => (await questions()).length === 2);
  await world.clock.advance(3 * 86_400_000);
  await passing(world.clock, 'its end', async () =>
    (await questions()).every(({ state }) => state !== 'open'),
  );
  expect(memory()).toContain('insulin at seven');
});
