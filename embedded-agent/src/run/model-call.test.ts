/** One call of the model: its tokens, what its provider says of them and what follows where it says less; its silence. */
import { join } from 'node:path';
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { OFFLINE } from '@mobyclaw/lib/model-ref';
import type { CagentEvent } from '@mobyclaw/protocol/cagent';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { SessionStore } from '../store/session-store.ts';
import { ofType } from '../testing/agent.ts';
import { type Stream, scriptedModel } from '../testing/scripted-model.ts';
import { MessageWriter } from './message-writer.ts';
import { ModelCalls, type ModelQuestion, UNKNOWN_TOOL } from './model-call.ts';

type InputTokens = LanguageModelV4Usage['inputTokens'];

const UNSAID: InputTokens = {
  total: undefined,
  noCache: undefined,
  cacheRead: undefined,
  cacheWrite: undefined,
};

/** Calls of a model that answers so. */
function start(answer: (options: LanguageModelV4CallOptions) => Stream) {
  const store = new SessionStore(join(temporaryFolder(), 'session.db'));
  onTestFinished(() => store.close());
  const session = { workingDir: null, toolsApproved: true, permissions: null, now: new Date(0) };
  const events: CagentEvent[] = [];
  const summed: number[] = [];
  const clock = new ManualClock();
  const real = new ModelCalls({
    emit: (event) => events.push(event),
    writer: new MessageWriter(store, store.create(session).id, 'root', clock),
    definitionOf: () => UNKNOWN_TOOL,
    clock,
    signal: new AbortController().signal,
    capability: undefined,
    onUsage: (...counts) => summed.push(...counts),
  });
  const model = { resolved: { ...OFFLINE, provider: 'p', model: 'm' }, runnable: scriptedModel(answer) };
  const calls = {
    ask: (question: Pick<ModelQuestion, 'prompt' | 'tools'>) =>
      real.ask({ ...question, model, maxRetries: 0, nextWaits: false }),
  };
  return { calls, clock, events, summed };
}

const finish = (usage: LanguageModelV4Usage): LanguageModelV4StreamPart => ({
  type: 'finish',
  finishReason: { unified: 'stop', raw: 'stop' },
  usage,
});

const says = (delta: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id: '1', delta });

/** The usage that is told of a call whose provider said this. */
async function told(inputTokens: Partial<InputTokens>, outputTokens: number | undefined) {
  const { calls, events, summed } = start(() => [
    says('Yes.'),
    finish({
      inputTokens: { ...UNSAID, ...inputTokens },
      outputTokens: { total: outputTokens, text: undefined, reasoning: undefined },
    }),
  ]);
  await calls.ask({ prompt: [] });
  return { usage: ofType(events, 'token_usage')[0]?.usage, summed };
}

test.each([
  ['all of it', { total: 100, noCache: 30, cacheRead: 60, cacheWrite: 10 }, 30],
  ['the whole and what was cached', { total: 100, cacheRead: 60 }, 40],
  ['the whole alone', { total: 100 }, 100],
  ['more in the cache than there was', { total: 10, cacheRead: 60 }, 0],
])('of a provider that says %s', async (_what, said, fresh) => {
  const { usage, summed } = await told(said, 7);
  expect(usage).toMatchObject({
    input_tokens: said.total,
    output_tokens: 7,
    context_length: said.total + 7,
    last_message: { input_tokens: fresh, output_tokens: 7, Model: 'p/m' },
  });
  expect(summed).toEqual([said.total, 7]);
});

test('of one that says nothing all counts are 0, and none is left out', async () => {
  const { usage, summed } = await told({}, undefined);
  expect(usage).toMatchObject({
    input_tokens: 0,
    output_tokens: 0,
    last_message: { input_tokens: 0, output_tokens: 0, cached_input_tokens: 0, cached_write_tokens: 0 },
  });
  expect(summed).toEqual([0, 0]);
});

const MINUTE_MS = 60_000;

test('a model may take a quarter of an hour to its first word, and five minutes between two', async () => {
  const piece = Promise.withResolvers<void>();
  let signal: AbortSignal | undefined;
  const { calls, clock, events } = start(async function* (options) {
    signal = options.abortSignal;
    yield { type: 'stream-start', warnings: [] };
    await piece.promise;
    yield says('Well');
    await new Promise(() => undefined); // for ever
  });
  const outcome = calls.ask({ prompt: [] }).catch((error: unknown) => error);
  await clock.advance(14 * MINUTE_MS);
  piece.resolve();
  await clock.advance(4.9 * MINUTE_MS);
  expect(ofType(events, 'agent_choice')).toHaveLength(1);
  expect(signal?.aborted).toBe(false);
  await clock.advance(0.2 * MINUTE_MS);
  expect(await outcome).toEqual(new Error('the model sent nothing for too long'));
  expect(signal?.aborted).toBe(true);
  expect(clock.waiting).toBeLessThanOrEqual(1); // what is left writes the draft
});

test('a connection that is kept alive without a word is silence', async () => {
  let pings = 0;
  const { calls, clock } = start(async function* () {
    for (;;) {
      await new Promise<void>((resolve) => clock.after(MINUTE_MS, resolve));
      pings++;
      yield { type: 'ping' };
    }
  });
  const outcome = calls.ask({ prompt: [] }).catch((error: unknown) => error);
  await clock.advance(15 * MINUTE_MS);
  expect(await outcome).toEqual(new Error('the model sent nothing for too long'));
  expect(pings).toBeGreaterThan(10);
});
