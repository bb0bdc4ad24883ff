/** The nightly look over a simulated clock, with the memory server as a process. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { AgentError } from '../agent/agent-error.ts';
import { loadCalendar } from '../calendar/calendar.ts';
import { PartClient } from '../parts/part-client.ts';
import { type MemoryServer, startMemoryServer } from '../testing/memory-server.ts';
import { NightlyReview } from './nightly-review.ts';

const MINUTE_MS = 60_000;
const STEPS = '{"steps":[{"do":"add","text":"Eva is the new neighbour.","section":"People"}]}';

interface Setting {
  now?: string;
  answer?: () => Promise<string>;
  model?: string | null;
  isIdle?: () => boolean;
  memory?: MemoryServer;
}

async function opened(setting: Setting = {}) {
  const memory = setting.memory ?? (await startMemoryServer());
  const log = (day: string, text: string): void => {
    mkdirSync(join(memory.home, 'memory'), { recursive: true });
    writeFileSync(join(memory.home, `memory/${day}.md`), `# ${day}\n\n- 10:00 ${text}\n`);
  };
  const client = new PartClient(memory.url, memory.env.MOBYCLAW_MEMORY_TOKEN ?? '');
  const clock = new ManualClock(Date.parse(setting.now ?? '2026-06-02T01:00:00Z'));
  const prompts: string[] = [];
  const told: string[] = [];
  let asked = 0;
  const request: PartClient['request'] = async (...call) => {
    const answer = await client.request(...call);
    asked++;
    return answer;
  };
  const review = new NightlyReview({
    memory: { request },
    async ask(prompt) {
      prompts.push(prompt);
      return { text: await (setting.answer ?? (async () => STEPS))(), turn: 'hidden' };
    },
    model: async () => (setting.model === undefined ? 'anthropic/claude' : setting.model),
    at: { hour: 3, minute: 30 },
    activeHours: { from: 8 * 60, to: 23 * 60 },
    timeZone: 'UTC',
    calendar: loadCalendar,
    isIdle: setting.isIdle ?? (() => true),
    notify: async (text, key) => {
      told.push(`${key.split(':')[0]} ${text}`);
    },
    clock,
    logger: silentLogger,
  });
  onTestFinished(() => review.stop());
  return {
    review,
    clock,
    log,
    prompts,
    told,
    memory,
    file: () => readFileSync(join(memory.home, 'MEMORY.md'), 'utf8'),
    /** Minutes pass, each with time for what it began to reach memory and come back. */
    async pass(minutes: number): Promise<void> {
      for (let minute = 0; minute < minutes; minute++) {
        await clock.advance(MINUTE_MS);
        const before = asked;
        await client.request('GET', '/reviews');
        await client.request('GET', '/reviews');
        if (asked > before) await client.request('GET', '/reviews');
      }
    },
  };
}

test('what was logged yesterday is looked at once, at its time, and told in the morning in one line', async () => {
  const { review, log, prompts, told, pass, clock, file, memory } = await opened();
  log('2026-06-01', 'met Eva, the new neighbour');
  review.start();
  await pass(149);
  expect(prompts).toEqual([]);
  await pass(2);
  await until('it is written', () => file().includes('Eva is the new neighbour.'));
  expect(prompts).toHaveLength(1);
  expect(prompts[0]).toContain('- 10:00 met Eva, the new neighbour');
  await pass(30);
  expect(told).toEqual([]);
  await clock.advance(4 * 60 * MINUTE_MS);
  await pass(3);
  expect(told).toEqual([expect.stringMatching(/^memory-review .*noted 1 thing.*\/memory changes/)]);
  await review.stop();
  const again = await opened({ now: '2026-06-02T09:00:00Z', memory });
  again.review.start();
  await again.pass(3);
  expect([again.prompts, again.told]).toEqual([[], []]);
});

test('where nothing new was logged, or only the offline model is there, no model is asked', async () => {
  const quiet = await opened({ now: '2026-06-02T04:00:00Z' });
  quiet.review.start();
  await quiet.pass(3);
  expect(quiet.prompts).toEqual([]);
  for (const model of ['offline/offline', null]) {
    const { review, log, prompts, pass } = await opened({ now: '2026-06-02T04:00:00Z', model });
    log('2026-06-01', 'met Eva');
    review.start();
    await pass(3);
    expect(prompts).toEqual([]);
  }
});

test('while a turn runs it waits; after failures it tries again, three times a night', async () => {
  let idle = false;
  let fails = true;
  const world = await opened({
    now: '2026-06-02T04:00:00Z',
    isIdle: () => idle,
    answer: async () => {
      if (fails) throw new AgentError('budget_exceeded', 'There is no budget.');
      return STEPS;
    },
  });
  world.log('2026-06-01', 'met Eva');
  world.review.start();
  await world.pass(5);
  expect(world.prompts).toHaveLength(0);
  idle = true;
  await world.pass(10);
  expect(world.prompts).toHaveLength(1);
  for (let hour = 0; hour < 5; hour++) {
    await world.clock.advance(60 * MINUTE_MS);
    await world.pass(2);
  }
  expect(world.prompts).toHaveLength(3);
  fails = false;
  await world.clock.advance(24 * 60 * MINUTE_MS);
  await world.pass(3);
  expect(world.prompts).toHaveLength(4);
  expect(world.file()).toContain('Eva is the new neighbour.');
});

test('an answer that is no use is kept as such, and costs no second call', async () => {
  const { review, log, prompts, told, pass, file, memory } = await opened({
    now: '2026-06-02T09:00:00Z',
    answer: async () => 'I have looked at everything, all fine!',
  });
  log('2026-06-01', 'met Eva');
  const before = file();
  review.start();
  await pass(5);
  expect(prompts).toHaveLength(1);
  expect(file()).toBe(before);
  expect(told).toEqual([]);
  const kept = JSON.parse(readFileSync(join(memory.home, 'memory/.reviews.json'), 'utf8'));
  expect(kept).toMatchObject([
    { day: '2026-06-01', problem: expect.stringContaining('did not answer with steps') },
  ]);
});
