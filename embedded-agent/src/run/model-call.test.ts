/** Tokens of one call of the model: what its provider says, and what follows where it says less. */
import { join } from 'node:path';
import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import type { CagentEvent } from '@mobyclaw/protocol/cagent';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { SessionStore } from '../store/session-store.ts';
import { ofType } from '../testing/agent.ts';
import { MessageWriter } from './message-writer.ts';
import { ModelCalls, UNKNOWN_TOOL } from './model-call.ts';

type InputTokens = LanguageModelV4Usage['inputTokens'];

const UNSAID: InputTokens = {
  total: undefined,
  noCache: undefined,
  cacheRead: undefined,
  cacheWrite: undefined,
};

/** The usage that is told of a call whose provider said this. */
async function told(inputTokens: Partial<InputTokens>, outputTokens: number | undefined) {
  const store = new SessionStore(join(temporaryFolder(), 'session.db'));
  onTestFinished(() => store.close());
  const session = { workingDir: null, toolsApproved: true, permissions: null, now: new Date(0) };
  const events: CagentEvent[] = [];
  const summed: number[] = [];
  const { middleware } = new ModelCalls({
    emit: (event) => events.push(event),
    writer: new MessageWriter(store, store.create(session).id, 'root', new ManualClock()),
    model: { provider: 'p', model: 'm' },
    definitionOf: () => UNKNOWN_TOOL,
    takesToolPictures: true,
    onUsage: (...counts) => summed.push(...counts),
  });
  const parts: LanguageModelV4StreamPart[] = [
    { type: 'text-delta', id: '1', delta: 'Yes.' },
    {
      type: 'finish',
      finishReason: { unified: 'stop', raw: 'stop' },
      usage: {
        inputTokens: { ...UNSAID, ...inputTokens },
        outputTokens: { total: outputTokens, text: undefined, reasoning: undefined },
      },
    },
  ];
  const doStream = async () => ({ stream: ReadableStream.from(parts) });
  type Options = Parameters<NonNullable<typeof middleware.wrapStream>>[0];
  const answer = await middleware.wrapStream?.({ doStream } as unknown as Options);
  for await (const _part of answer?.stream ?? []); // to its end
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
