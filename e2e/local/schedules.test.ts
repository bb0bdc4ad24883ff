import { expect, test } from 'vitest';
import { newMoby } from './moby.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const ZONE = 'Asia/Kolkata'; // UTC+5:30, never another

interface Job {
  id: string;
  name: string;
  at: string;
  message: string;
  nextRun: string;
  origin: string;
}

test('told in the very first message after the start, he schedules a reminder; the terminal shows it and takes it back', async () => {
  const moby = await newMoby({ MOBYCLAW_TZ: ZONE });
  expect((await moby.cli(['up', '--local'])).code).toBe(0);
  const jobs = async (): Promise<Job[]> => JSON.parse((await moby.cli(['cron', 'list', '--json'])).stdout);

  const before = Date.now();
  const told = await moby.cli(['run', 'remind me in 1 minute to stretch']);
  const after = Date.now();
  expect(told.code).toBe(0);
  expect(told.stdout).toMatch(/^I will remind you on \d{4}-\d\d-\d\d at \d\d:\d\d: Stretch\./m);
  expect(told.stderr).not.toContain('failed');
  const [job] = await jobs();
  expect(job).toMatchObject({ name: 'stretch', message: 'Stretch.', origin: 'cli:main' });
  const due = Date.parse(job?.nextRun ?? '');
  expect(due).toBeGreaterThanOrEqual(before + MINUTE_MS - 1000); // the model's times have whole seconds
  expect(due).toBeLessThanOrEqual(after + MINUTE_MS);
  expect((await moby.cli(['cron', 'remove', 'stretch'])).code).toBe(0);

  const today = Math.floor((Date.now() + 5.5 * 3_600_000) / DAY_MS) * DAY_MS; // midnight there
  await moby.cli(['run', 'Remind me tomorrow at 9 to call the bank']);
  const [bank] = await jobs();
  expect(bank?.message).toBe('Call the bank.');
  expect([today + DAY_MS, today + 2 * DAY_MS].map((day) => day + 3.5 * 3_600_000)).toContain(
    Date.parse(bank?.nextRun ?? ''), // the day may have changed while he was asked
  );
  expect((await moby.cli(['cron'])).stdout).toMatch(
    /call the bank +once +\d{4}-\d\d-\d\d 09:00, in \d+ [dhm]/,
  );

  expect((await moby.cli(['run', 'list reminders'])).stdout).toContain('call the bank');
  expect((await moby.cli(['run', 'cancel the reminder to call the bank'])).stdout).toContain('cancelled');
  expect(await jobs()).toEqual([]);
}, 300_000);

test('schedules, heartbeat, chats and other assistants, from the terminal', async () => {
  const moby = await newMoby({ MOBYCLAW_TZ: ZONE });
  expect((await moby.cli(['up', '--local'])).code).toBe(0);
  const added = await moby.cli(['cron', 'add', '--cron', '0 7 * * 1-5', '--message', 'Good morning']);
  expect([added.code, added.stderr.match(/^next: \d{4}-\d\d-\d\d 07:00, in /gm)?.length]).toEqual([0, 3]);
  const refused = await moby.cli(['cron', 'add', '--cron', '0 7 31 2 *', '--message', 'never']);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('never happens')]);
  expect((await moby.cli(['cron', 'pause', 'Good morning'])).code).toBe(0);
  expect((await moby.cli(['cron', 'show', 'good morning'])).stdout).toMatch(/^state +paused$/m);
  expect((await moby.cli(['cron', 'edit', 'good morning', '--every', '2h', '--count', '3'])).code).toBe(0);
  expect((await moby.cli(['cron', 'run', 'good morning'])).code).toBe(0);
  expect((await moby.cli(['cron', 'history', 'good morning'])).stdout).toContain('manual');

  expect((await moby.cli(['heartbeat'])).stdout).toMatch(/^heartbeat +on, every 30 min/m);
  expect((await moby.cli(['channels'])).stderr).toContain('No channel is enabled');
  const setup = JSON.parse((await moby.cli(['mcp', '--setup', '--client', 'generic'])).stdout);
  const answer = await fetch(setup.url, {
    method: 'POST',
    headers: {
      ...setup.headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });
  const { result } = (await answer.json()) as { result: { tools: { name: string }[] } };
  const names = result.tools.map(({ name }) => name);
  expect(names).toContain('schedule_list');
  expect(names).not.toContain('schedule_create'); // the token only reads
}, 300_000);
