/** The nightly look by the whole gateway: a hidden turn of the agent, no tool, one call, its change told, shown and taken back. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';

const DAY_MS = 86_400_000;

test('what was logged is looked at in a turn that nobody sees, and one command takes it back', async () => {
  const memory = await startMemoryServer();
  const night = Math.ceil(Date.now() / DAY_MS) * DAY_MS + 9 * 3_600_000; // the look of 03:30 is made up for
  const yesterday = new Date(night - DAY_MS).toISOString().slice(0, 10);
  mkdirSync(join(memory.home, 'memory'), { recursive: true });
  writeFileSync(
    join(memory.home, `memory/${yesterday}.md`),
    `# ${yesterday}\n\n- 10:00 met Eva, the new neighbour\n`,
  );
  const before = readFileSync(join(memory.home, 'MEMORY.md'), 'utf8');
  const clock = new ManualClock(night);
  const asked: string[] = [];
  const steps = [{ do: 'add', text: 'Eva is the new neighbour.', section: 'People' }];
  const moby = await openHarness({
    env: memory.env,
    clock,
    agent: {
      script: ({ text }) => {
        if (!text.includes('This is upkeep')) return undefined;
        asked.push(text);
        return [{ do: 'text', text: JSON.stringify({ steps }) }];
      },
    },
  });
  await moby.ask('hello', { session: 'cli:main' }); // from now on it is known which model there is
  const changes = async () => (await moby.call('GET', '/api/memory/changes')).body.items;
  await until('the look', async () => {
    await clock.advance(60_000);
    return (await changes()).length > 0;
  });
  expect(asked).toHaveLength(1);
  expect(asked[0]).toContain('met Eva');
  expect(await changes()).toMatchObject([{ day: yesterday, noted: ['Eva is the new neighbour.'] }]);
  const messages = async (): Promise<{ text: string }[]> =>
    (await moby.call('GET', '/api/sessions/cli:main/messages')).body.items;
  await until('the word of it', async () => {
    await clock.advance(60_000);
    return (await messages()).some(({ text }) => text.includes('noted 1 thing'));
  });
  const sessions = (await moby.call('GET', '/api/sessions')).body.items as { key: string }[];
  expect(sessions.filter(({ key }) => key?.startsWith('upkeep'))).toEqual([]);
  const run = async (text: string): Promise<string> =>
    (await moby.call('POST', '/api/sessions/cli:main/command', { body: { text } })).body.text;
  expect(await run('/memory changes')).toContain('+ Eva is the new neighbour.');
  expect(await run('/memory undo')).toContain('Taken back');
  expect(readFileSync(join(memory.home, 'MEMORY.md'), 'utf8')).toBe(before);
  expect((await moby.call('POST', '/api/memory/undo')).body).toEqual({ review: null, left: [] });
});
