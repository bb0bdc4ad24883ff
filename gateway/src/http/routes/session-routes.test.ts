/** Conversations as the API shows them. */
import { expect, test } from 'vitest';
import { openHarness } from '../../testing/harness.ts';

test('one in which nothing was said is not there, or is empty, as it is asked for', async () => {
  const moby = await openHarness();
  const path = '/api/sessions/web%3Anew/messages';
  expect((await moby.call('GET', path)).status).toBe(404);
  const { status, body } = await moby.call('GET', `${path}?orEmpty=true`);
  expect([status, body]).toEqual([200, { items: [] }]);
});

test('one says what it has taken since it began, all of its turns together', async () => {
  const moby = await openHarness();
  await moby.ask('tokens=3', { session: 'web:main' });
  await moby.ask('tokens=3', { session: 'web:main' });
  await moby.ask('tokens=3', { session: 'web:other' });
  const { body } = await moby.call('GET', '/api/sessions/web%3Amain');
  expect(body.spent).toMatchObject({ turns: 2, tokens: expect.any(Number) });
  const { body: messages } = await moby.call('GET', '/api/sessions/web%3Amain/messages');
  const used = (messages.items as { usage?: { inputTokens: number; outputTokens: number } }[])
    .flatMap(({ usage }) => (usage ? [usage.inputTokens + usage.outputTokens] : []))
    .reduce((sum, tokens) => sum + tokens, 0);
  expect(used).toBeGreaterThan(0);
  expect(body.spent.tokens).toBe(used);
});
