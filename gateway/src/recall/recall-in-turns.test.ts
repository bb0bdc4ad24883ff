/** Unasked recall on the whole way: what the agent is sent, with the memory server itself beside the gateway. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import { RECALLED } from '@mobyclaw/protocol/recalled';
import { expect, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';

/** A machine that is busy is slower than the deadline, which is not what is tested here. */
const patient = {
  ...systemClock,
  after: (ms: number, task: () => void) => systemClock.after(ms < 10 ? 5000 : ms, task),
};

async function sentFor(question: string, env: Record<string, string> = {}): Promise<string> {
  const memory = await startMemoryServer();
  appendFileSync(join(memory.home, 'memory/2026-01-02.md'), '- 10:00 Anna drinks jasmine tea\n');
  const moby = await openHarness({ env: { ...memory.env, ...env }, clock: patient });
  await moby.ask(question);
  const [session] = moby.agent?.sessions() ?? [];
  return JSON.stringify(session);
}

test('what memory has for a message stands in its block, marked', async () => {
  const sent = await sentFor('does Anna drink jasmine tea?');
  expect(sent).toContain(
    `> ${RECALLED} memory/2026-01-02.md:1, 2026-01-02 10:00] - 10:00 Anna drinks jasmine tea`,
  );
  expect(sent.indexOf(RECALLED)).toBeLessThan(sent.indexOf('[/moby-context]'));
});

test('MOBYCLAW_RECALL=tool leaves it to the tool', async () => {
  expect(await sentFor('does Anna drink jasmine tea?', { MOBYCLAW_RECALL: 'tool' })).not.toContain(RECALLED);
});
