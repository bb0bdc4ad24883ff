import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';

test('/questions lists what waits, with how to answer', async () => {
  const moby = await openHarness();
  const command = async () =>
    (await moby.call('POST', '/api/sessions/cli%3Amain/command', { body: { text: '/questions' } })).body.text;
  expect(await command()).toBe('Nothing waits for your answer.');
  const { stream } = await moby.start('confirm tool=shell');
  const { id } = await until(
    'a question',
    async () => (await moby.call('GET', '/api/questions')).body.items[0],
  );
  const text = await command();
  expect(text).toContain('❓ **Moby wants to use shell.** I wait 10 min more.');
  expect(text).toContain(`Answer in a terminal: \`./mobyclaw questions answer ${id} once|`);
  await moby.call('POST', `/api/questions/${id}/answer`, { body: { option: 'no' } });
  await stream.all();
  expect(await command()).toBe('Nothing waits for your answer.');
});
