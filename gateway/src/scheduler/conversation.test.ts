/** What Moby does by himself where no messenger is: it lands in the conversation that the owner uses, which knows of it. */
import { join } from 'node:path';
import type { RunView } from '@mobyclaw/protocol/job';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../store/store.ts';
import { type Harness, openHarness } from '../testing/harness.ts';

async function runJob(moby: Harness, body: object): Promise<RunView> {
  const { body: job } = await moby.call('POST', '/api/jobs', { body: { cron: '0 7 * * *', ...body } });
  await moby.call('POST', `/api/jobs/${job.id}/run`);
  return until('the run to end', async () => {
    const { body: runs } = await moby.call('GET', `/api/jobs/${job.id}/runs`);
    return runs.items[0]?.state === 'ended' && (runs.items[0] as RunView);
  });
}

const prompts = (moby: Harness): string[] => (moby.agent?.stats().runs ?? []).map(({ prompt }) => prompt);

test('a schedule without a target goes to where the owner wrote last, and to the terminal before that', async () => {
  const moby = await openHarness();
  const message = { name: 'pill', message: 'Take it.' };
  expect((await runJob(moby, message)).delivery).toEqual({ state: 'accepted', channel: 'cli:main' });
  await moby.ask('hello', { session: 'web:kitchen' });
  expect((await runJob(moby, message)).delivery.channel).toBe('web:kitchen');
});

test('a conversation with a session at the agent is told once, a new one has it in its history', async () => {
  const moby = await openHarness();
  await moby.ask('hello', { session: 'cli:main' });
  await runJob(moby, { name: 'pill', message: 'Take the pill.', channel: 'cli:main' });
  await runJob(moby, { name: 'pill', message: 'Take the pill.', channel: 'web:new' });
  await moby.ask('snooze that', { session: 'cli:main' });
  await moby.ask('thanks', { session: 'cli:main' });
  await moby.ask('what was that?', { session: 'web:new' });
  const [hello, snooze, thanks, fresh] = prompts(moby);
  expect(hello).not.toContain('pill');
  expect(snooze).toMatch(
    /since your last turn here:\n> [-\d]+ [:\d]+, scheduled job "pill": Take the pill\.\n/,
  );
  expect(thanks).not.toContain('pill');
  expect(fresh).toContain('> you, by yourself (scheduled job "pill"): Take the pill.');
  expect(fresh).not.toContain('since your last turn');
});

test('a turn that failed has perhaps not told it, so the next one is told again; a clean slate is not', async () => {
  const moby = await openHarness();
  await moby.ask('hello', { session: 'cli:main' });
  await runJob(moby, { name: 'pill', message: 'Take the pill.', channel: 'cli:main' });
  await moby.ask('error=400', { session: 'cli:main' });
  await moby.ask('snooze that', { session: 'cli:main' });
  expect(
    prompts(moby)
      .slice(1)
      .every((prompt) => prompt.includes('Take the pill.')),
  ).toBe(true);
  await runJob(moby, { name: 'secret', message: 'Hide it.', channel: 'cli:main' });
  await moby.call('POST', '/api/sessions/cli:main/reset', { body: { carry: false } });
  await moby.ask('who are you?', { session: 'cli:main' });
  expect(prompts(moby).at(-1)).not.toContain('Hide it.');
});

test('what lands in a conversation is no news for the heartbeat', async () => {
  const moby = await openHarness();
  await runJob(moby, { name: 'asked', prompt: 'tokens=2 brief', channel: 'cli:main' });
  await runJob(moby, { name: 'pill', message: 'Take the pill.', channel: 'cli:main' });
  const { body } = await moby.call('GET', '/api/sessions/cli:main/messages');
  expect(body.items).toHaveLength(2);
  await moby.close();
  const store = new Store(join(moby.home, 'gateway/gateway.db'));
  onTestFinished(() => store.close());
  expect(store.heartbeat.newestMessage()).toBe(0);
});
