/** The same with the embedded agent as a process, in front of a model that refuses what is longer than its window. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { estimateTokens } from '@mobyclaw/lib/token-estimate';
import type { ModelRequest, ScriptedAnswer } from '@mobyclaw/testkit/fake-model';
import { factQuestion, factSentence, thoughtAnswer } from '@mobyclaw/testkit/remembering-model';
import { expect, test, vi } from 'vitest';
import { embeddedWorld } from '../testing/embedded-world.ts';

vi.setConfig({ testTimeout: 120_000 }); // real processes on a busy machine

const WINDOW = 9000;
const LONG = 'We talked about trees and ships and the weather at sea. '.repeat(15);

test('a model that refuses what is too long is never asked that, and forgets nothing', async () => {
  const sizes: number[] = [];
  const script = (request: ModelRequest): ScriptedAnswer => {
    const tokens =
      estimateTokens(JSON.stringify(request.messages)) + estimateTokens(JSON.stringify(request.tools ?? []));
    sizes.push(tokens);
    const usage = { prompt_tokens: tokens, completion_tokens: 30 };
    return { ...thoughtAnswer(request), usage };
  };
  const world = await embeddedWorld({
    withMemory: true,
    contextSize: WINDOW,
    script,
    rest: 'permissions: { allow: ["*"] }\n',
  });
  await world.moby.ask(factSentence('red boat', 'K7-4431'));
  for (let turn = 0; turn < 30; turn++) await world.moby.ask(`${turn}: ${LONG}`);
  const { body } = await world.moby.ask(factQuestion('red boat'));
  expect(body.text).toBe('It is K7-4431.');
  expect(Math.max(...sizes)).toBeLessThanOrEqual(WINDOW);
  expect(readFileSync(join(world.memoryHome, 'MEMORY.md'), 'utf8')).toContain('K7-4431');
  const { context } = (await world.moby.call('GET', '/api/sessions/api:default')).body;
  expect(context).toMatchObject({ window: WINDOW, source: 'reported' });
});

test('one message that is too large for the model is cut by the agent, and its person is told', async () => {
  const sizes: number[] = [];
  const script = (request: ModelRequest): ScriptedAnswer => {
    sizes.push(estimateTokens(JSON.stringify(request.messages)));
    return thoughtAnswer(request);
  };
  const world = await embeddedWorld({ contextSize: WINDOW, script });
  const { stream } = await world.moby.start(`${'x '.repeat(30_000)} ${factSentence('red boat', 'K7-4431')}`);
  const notice = await stream.until(({ type }) => type === 'notice');
  expect(JSON.stringify(notice.data)).toContain('longer than the model can read');
  await stream.until(({ type }) => type === 'done');
  expect(Math.max(...sizes)).toBeLessThan(WINDOW);
});
