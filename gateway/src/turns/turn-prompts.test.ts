/** Background prompts as turns: what ends the run of a schedule ends its turn at the agent, too. */
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';

test('a job that is deleted while its prompt is worked on stops the turn', async () => {
  const moby = await openHarness();
  const job = { name: 'p', cron: '0 7 1 1 *', prompt: 'silence=2', channel: 'cli:main' };
  const { id } = (await moby.call('POST', '/api/jobs', { body: job })).body;
  await moby.call('POST', `/api/jobs/${id}/run`);
  const turn = await until('the run', () => moby.agent?.stats().runs[0]?.turn);
  await until('its turn to be known to the job', async () => {
    const [run] = (await moby.call('GET', `/api/jobs/${id}/runs`)).body.items;
    return run?.state === 'running' && run.turn === turn;
  });
  expect((await moby.call('DELETE', `/api/jobs/${id}`)).status).toBe(204);
  await until('the end of the turn', () => moby.agent?.stats().runs[0]?.end === 'cancelled');
  expect((await moby.call('GET', `/api/turns/${turn}`)).body).toMatchObject({
    state: 'cancelled',
    error: { code: 'cancelled' },
  });
});
