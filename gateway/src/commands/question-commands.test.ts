import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { ASKING_AGENT } from '../testing/asking-agent.ts';
import { openHarness } from '../testing/harness.ts';
import { asked } from '../testing/question-world.ts';

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

test('of a long command the beginning is shown, and that it is no more than that', async () => {
  const moby = await openHarness({ agent: ASKING_AGENT });
  await moby.start(`run: echo ${'x'.repeat(400)}; rm -r notes`);
  await asked(moby);
  const { body } = await moby.call('POST', '/api/sessions/cli%3Amain/command', {
    body: { text: '/questions' },
  });
  expect(body.text).not.toContain('rm -r');
  expect(body.text).toMatch(/This is the beginning; it has 4\d\d characters\. All of it: `\.\/mobyclaw/);
});

test('a token that may only chat is shown no question by the command', async () => {
  const moby = await openHarness({ agent: ASKING_AGENT });
  await moby.start('run: cat diary');
  await asked(moby);
  const { body: token } = await moby.call('POST', '/api/tokens', { body: { name: 't', scope: 'chat' } });
  for (const session of ['cli%3Amain', 'api%3Aother']) {
    const answer = await moby.call('POST', `/api/sessions/${session}/command`, {
      body: { text: '/questions' },
      headers: { authorization: `Bearer ${token.token}` },
    });
    expect(JSON.stringify(answer.body)).not.toContain('diary');
  }
});
