/** A restart in the middle of an answer does not cut it: it is waited for, and what came meanwhile is answered after it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startFakeModel } from '@mobyclaw/testkit/fake-model';
import { expect, onTestFinished, test } from 'vitest';
import { newMoby } from './moby.ts';

const SOUL = join(dirname(fileURLToPath(import.meta.url)), '../../agents/moby/soul.yaml');

test.each(['agent', 'gateway', undefined])(
  'restart %s',
  async (part) => {
    const words = Array.from({ length: 30 }, (_, index) => `Line ${index} of a story. `);
    const begun = Promise.withResolvers<void>();
    const waitedFor = Promise.withResolvers<void>();
    const model = await startFakeModel(() => {
      begun.resolve();
      // The rest is told once the restart waits for it.
      return { text: words, beforePiece: async (index) => void (index === 3 && (await waitedFor.promise)) };
    });
    onTestFinished(() => model.close());
    const moby = await newMoby({ OPENAI_API_KEY: 'not-a-key' });
    const soul = readFileSync(SOUL, 'utf8')
      .replace('provider: anthropic', 'provider: here')
      .replace('model: claude-sonnet-4-5', 'model: test-model')
      .concat(`\nproviders:\n  here: { api_type: openai_chatcompletions, base_url: ${model.baseUrl} }\n`);
    writeFileSync(join(moby.home, 'soul.yaml'), soul);
    expect((await moby.cli(['up', '--local'])).code).toBe(0);

    const answer = moby.cli(['run', 'Tell me a story']);
    await begun.promise;
    const restarted = await moby.cli(['restart', ...(part ? [part] : [])], {
      onStderr: (text) => void (text.includes('Waiting up to') && waitedFor.resolve()),
    });
    waitedFor.resolve(); // where it did not wait, the model is not to
    expect([restarted.code, restarted.stderr]).toEqual([0, expect.stringContaining('Waiting up to 60 s')]);
    const { code, stdout } = await answer;
    expect([code, stdout.trim()]).toEqual([0, words.join('').trim()]);
    expect(model.requests).toHaveLength(1); // not broken off and asked again
    expect((await moby.cli(['run', 'And another'])).code).toBe(0);
  },
  300_000,
);
