/** What goes over the wire to each kind of provider: address, key, and the settings of soul.yaml. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { ofType, startAgent } from '../testing/agent.ts';

interface Sent {
  url: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

const KEYS = { ANTHROPIC_API_KEY: 'key-a', GOOGLE_API_KEY: 'key-g', OPENAI_API_KEY: 'key-o' };

async function ask(provider: string, model: string, settings = ''): Promise<Sent & { error: string }> {
  const sent: Sent[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>;
    sent.push({ url: request.url ?? '', headers: request.headers, body });
    response.writeHead(403, { 'Content-Type': 'application/json' }).end('{"error":{"message":"no"}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const agent = await startAgent(
    `models: { m: { provider: ${provider}, model: ${model}, max_tokens: 4000, base_url: "${base}"${settings} } }
agents: { root: { model: m, instruction: Be kind., add_date: true } }
`,
    { environment: KEYS },
  );
  const events = await agent.run(await agent.newSession(), 'hi');
  const first = sent[0];
  if (!first) throw new Error('nothing was sent');
  return { ...first, error: ofType(events, 'error')[0]?.error ?? '' };
}

it('anthropic: messages, thinking, and a cache mark after what does not change', async () => {
  const { url, headers, body, error } = await ask(
    'anthropic',
    'claude-sonnet-4-5',
    ', thinking_budget: 2048',
  );
  expect(url).toBe('/v1/messages');
  expect(headers['x-api-key']).toBe('key-a');
  expect(body).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 2048 }, stream: true });
  expect(body.system).toEqual([
    { type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } },
    { type: 'text', text: expect.stringMatching(/^Today's date: /) },
  ]);
  expect(body.messages).toEqual([
    { role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] },
  ]);
  expect(error).toMatch(/POST ".*\/v1\/messages": 403 Forbidden \{"message":"no"\}$/);
  expect(error).not.toContain('key-a');
});

it('google', async () => {
  const { url, headers, body } = await ask('google', 'gemini-2.5-pro');
  expect(url).toBe('/models/gemini-2.5-pro:streamGenerateContent?alt=sse');
  expect(headers['x-goog-api-key']).toBe('key-g');
  expect(body).toMatchObject({ generationConfig: { maxOutputTokens: 4000 } });
});

it('openai: Responses for the models that want it, chat completions for others', async () => {
  const responses = await ask('openai', 'gpt-5-mini', ', thinking_budget: low');
  expect(responses.url).toBe('/responses');
  expect(responses.headers.authorization).toBe('Bearer key-o');
  expect(responses.body).toMatchObject({ max_output_tokens: 4000, reasoning: { effort: 'low' } });
  const chat = await ask('openai', 'gpt-4o', ', temperature: 0.3, top_p: 0.9');
  expect(chat.url).toBe('/chat/completions');
  expect(chat.body).toMatchObject({
    max_tokens: 4000,
    temperature: 0.3,
    top_p: 0.9,
    stream_options: { include_usage: true },
  });
});

it.each([
  ['the relay is told whose call it is', true],
  ['a provider is not', false],
])('%s', async (_what, isRelayed) => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers['x-mobyclaw-capability'] as string | undefined);
    response.writeHead(403, { 'Content-Type': 'application/json' }).end('{"error":{"message":"no"}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const relay = { MOBYCLAW_RELAY_URL: base, MOBYCLAW_MODEL_KEY: 'sk-moby' };
  const agent = await startAgent(
    `models: { m: { provider: here, model: m } }
providers: { here: { api_type: openai_chatcompletions, base_url: "${base}/v1" } }
agents: { root: { model: m, instruction: Be kind. } }
`,
    { environment: { ...KEYS, ...(isRelayed ? relay : {}) } },
  );
  const headers = { 'X-Moby-Turn': 'the.capability' };
  await agent.run(await agent.newSession(), 'hi', { headers });
  expect(seen).toEqual([isRelayed ? 'the.capability' : undefined]);
});
