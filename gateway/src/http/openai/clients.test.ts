/** Requests as other programs' clients sent them to Moby (fixtures/openai-clients.json), sent again byte for byte. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openHarness } from '../../testing/harness.ts';

interface Recorded {
  client: string;
  path: string;
  headers: Record<string, string>;
  body: { stream?: boolean; background?: boolean };
}

const file = new URL('../../../../testkit/src/fixtures/openai-clients.json', import.meta.url);
const recorded: Recorded[] = JSON.parse(readFileSync(file, 'utf8'));

const clients = [...new Set(recorded.map(({ client }) => client))];

test('there are recordings of the clients that people use', () => {
  expect(clients.toSorted()).toEqual([
    'ai-sdk-chat',
    'ai-sdk-compatible',
    'ai-sdk-responses',
    'langchain-js',
    'langchain-python',
    'litellm',
    'openai-python',
  ]);
});

test.each(clients)('%s is answered, whole and streaming', async (client) => {
  const moby = await openHarness();
  for (const { path, headers, body } of recorded.filter((request) => request.client === client)) {
    const answer = await moby.call('POST', path, { headers, body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    if (body.stream) {
      expect(answer.headers['content-type']).toContain('text/event-stream');
      expect(textOf(answer.body)).toContain('You said: ');
      expect(answer.body).toMatch(/data: \[DONE\]\n\n$|event: response\.completed\ndata: [^\n]+\n\n$/);
    } else if (!body.background) expect(JSON.stringify(answer.body)).toContain('You said: ');
  }
  const { runs = [] } = moby.agent?.stats() ?? {};
  expect(new Set(runs.map(({ session }) => session)).size).toBe(runs.length); // each began a chat
});

/** What a stream of either API says. */
function textOf(stream: string): string {
  return [...stream.matchAll(/^data: (\{.*\})$/gm)]
    .map(([, data]) => JSON.parse(data as string))
    .map(({ type, delta, choices }) =>
      type === 'response.output_text.delta' ? delta : (choices?.[0]?.delta?.content ?? ''),
    )
    .join('');
}
