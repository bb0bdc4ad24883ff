import { createHash } from 'node:crypto';
import type { RunningTurn } from '@mobyclaw/protocol/egress';
import { RELAY_CAPABILITY } from '@mobyclaw/protocol/identity';
import { startFakeModel } from '@mobyclaw/testkit/fake-model';
import { expect, onTestFinished, test } from 'vitest';
import { MODEL_KEY, startEgressProcess } from '../testing/egress-process.ts';

const running = (turn: string): RunningTurn => ({
  turn,
  session: 'cli:main',
  kind: 'owner',
  attended: true,
  capability: createHash('sha256').update(`capability of ${turn}`).digest('hex'),
});

/** Each call uses 10 tokens more than the one before it, so that no sum is right by chance. */
async function world() {
  const gate = Promise.withResolvers<void>();
  const fake = await startFakeModel(({ messages }, index) => ({
    text: ['yes'],
    usage: { prompt_tokens: 100 + 10 * index, completion_tokens: 1 },
    ...(messages[0]?.content === 'wait' ? { beforePiece: () => gate.promise } : {}),
  }));
  onTestFinished(() => fake.close());
  const egress = await startEgressProcess({
    env: { OPENAI_API_KEY: 'real', OPENAI_BASE_URL: fake.baseUrl },
  });
  await egress.tellBudget();
  const ask = async (turn: string | null, content = 'hi'): Promise<void> => {
    const answer = await fetch(`${egress.relayUrl}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${MODEL_KEY}`,
        'content-type': 'application/json',
        ...(turn === null ? {} : { [RELAY_CAPABILITY]: `capability of ${turn}` }),
      },
      body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content }] }),
    });
    await answer.text();
  };
  return { egress, ask, fake, answer: () => gate.resolve() };
}

test('a call is of the turn whose capability it shows, of the only one that runs, or of none; together they are all', async () => {
  const { egress, ask } = await world();
  await ask(null); // 101 tokens, of none
  await egress.tellTurns([running('a')]);
  await ask(null); // 111, of a
  await egress.tellTurns([running('a'), running('b')]);
  await ask(null); // 121, of one of them, and nobody can say which
  await ask('b'); // 131
  await ask('made up'); // 141
  await egress.tellTurns([running('a')]);
  await egress.calls(5);
  expect(await egress.sums()).toMatchObject({
    ofTurns: { calls: 1, inputTokens: 130, outputTokens: 1, estimatedCalls: 0, unpricedCalls: 0 },
    ofRunning: { calls: 1, inputTokens: 110, outputTokens: 1 },
    ofNone: { calls: 3, inputTokens: 100 + 120 + 140, outputTokens: 3 },
    refused: 0,
  });
  const later = await egress.sums(new Date(Date.now() + 60_000));
  expect([later.ofTurns.calls, later.ofNone.calls]).toEqual([0, 0]);
  await egress.tellBudget({ caps: { dayUsd: null, monthUsd: null, dayTokens: 1, monthTokens: null } });
  await ask('a');
  expect(await egress.sums()).toMatchObject({ refused: 1, ofRunning: { calls: 1 } });
});

test('a turn that the gateway tells of a moment after its first call has that call', async () => {
  const { egress, ask, fake, answer } = await world();
  const asked = ask('a', 'wait');
  await expect.poll(() => fake.requests.length).toBe(1);
  await egress.tellTurns([running('a'), running('b')]);
  answer();
  await asked;
  await egress.calls(1);
  expect(await egress.sums()).toMatchObject({ ofRunning: { calls: 1 }, ofNone: { calls: 0 } });
});
