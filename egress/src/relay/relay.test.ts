import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { startConnectProxy } from '@mobyclaw/testkit/connect-proxy';
import {
  type FakeProviders,
  type FakeProvidersOptions,
  startFakeProviders,
} from '@mobyclaw/testkit/fake-providers';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type EgressProcess, MODEL_KEY, NO_BUDGET, startEgressProcess } from '../testing/egress-process.ts';

const REAL = {
  ANTHROPIC_API_KEY: 'sk-real-anthropic',
  OPENAI_API_KEY: 'sk-real-openai',
  GOOGLE_API_KEY: 'real-google',
};

async function providers(options?: FakeProvidersOptions): Promise<FakeProviders> {
  const fake = await startFakeProviders(options);
  onTestFinished(() => fake.close());
  return fake;
}

/** Egress in front of a fake of all three, with the keys of each. */
async function start(
  options: FakeProvidersOptions = {},
): Promise<{ egress: EgressProcess; fake: FakeProviders }> {
  const fake = await providers(options);
  const egress = await startEgressProcess({ env: addresses(fake.url) });
  await egress.tellBudget();
  return { egress, fake };
}

const addresses = (url: string): Record<string, string> => ({
  ...REAL,
  ANTHROPIC_BASE_URL: url,
  OPENAI_BASE_URL: `${url}/v1`,
  GOOGLE_GEMINI_BASE_URL: url,
});

const ways = {
  anthropic: [
    '/anthropic/v1/messages',
    { 'x-api-key': MODEL_KEY },
    { model: 'claude', max_tokens: 9, stream: true },
  ],
  chat: [
    '/openai/v1/chat/completions',
    { authorization: `Bearer ${MODEL_KEY}` },
    { model: 'gpt', stream: true },
  ],
  responses: [
    '/openai/v1/responses',
    { authorization: `Bearer ${MODEL_KEY}` },
    { model: 'gpt', stream: true },
  ],
  google: [
    '/google/v1beta/models/gemini:streamGenerateContent?alt=sse',
    { 'x-goog-api-key': MODEL_KEY },
    { contents: [] },
  ],
} as const satisfies Record<string, readonly [string, Record<string, string>, object]>;

function ask(
  egress: EgressProcess,
  way: keyof typeof ways,
  more: object = {},
  init: RequestInit = {},
): Promise<Response> {
  const [path, headers, body] = ways[way];
  return fetch(egress.relayUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...body, ...more }),
    ...init,
  });
}

describe('what goes through', () => {
  test.each(Object.keys(ways) as (keyof typeof ways)[])(
    '%s: the stream as it is, with the real key and without ours; what it used is written down',
    async (way) => {
      const { egress, fake } = await start();
      const answer = await ask(egress, way);
      const text = await answer.text();
      const [path, , body] = ways[way];
      const model = 'model' in body ? body.model : 'gemini';
      const direct = await fetch(fake.url + path.replace(/^\/\w+/, ''), {
        method: 'POST',
        body: JSON.stringify(body),
      });
      expect(text).toBe(await direct.text());
      expect(answer.headers.get('content-type')).toBe('text/event-stream');
      const [arrived] = fake.requests;
      expect(arrived?.url).toBe(path.replace(/^\/\w+/, ''));
      expect(JSON.parse(arrived?.body ?? '')).toEqual(body);
      expect(JSON.stringify(arrived?.headers)).not.toContain('sk-moby');
      const { authorization, 'x-api-key': anthropic, 'x-goog-api-key': google } = arrived?.headers ?? {};
      expect([authorization, anthropic, google].filter(Boolean)).toEqual([
        { anthropic: REAL.ANTHROPIC_API_KEY, google: REAL.GOOGLE_API_KEY }[way as string] ??
          `Bearer ${REAL.OPENAI_API_KEY}`,
      ]);
      const [call] = await egress.calls(1);
      expect(call).toMatchObject({
        model,
        status: 'ok',
        httpStatus: 200,
        inputTokens: 100,
        outputTokens: 12,
      });
      expect(call?.estimated).toBeUndefined();
      if (way === 'anthropic') expect(call).toMatchObject({ cachedTokens: 50, cacheWriteTokens: 20 });
      if (way === 'chat') expect(call?.costUsd).toBeCloseTo((60 + 40 * 0.5 + 12 * 2) / 1e6, 12);
    },
  );

  test('the first piece arrives while the provider is still writing', async () => {
    const gate = Promise.withResolvers<void>();
    const { egress } = await start({ gate: () => gate.promise });
    const reader = (await ask(egress, 'anthropic')).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('message_start');
    gate.resolve();
    let rest = '';
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read())
      rest += Buffer.from(piece.value);
    expect(rest).toContain('message_stop');
  });

  test('256 streams at once', async () => {
    const all = Promise.withResolvers<void>();
    let arrived = 0;
    const { egress, fake } = await start({
      gate: () => {
        if (++arrived === 256) all.resolve();
        return all.promise;
      },
    });
    const texts = await Promise.all(
      Array.from({ length: 256 }, async () => (await ask(egress, 'chat')).text()),
    );
    expect(new Set(texts).size).toBe(1);
    expect(fake.requests).toHaveLength(256);
    const calls = await egress.calls(256);
    expect(calls.every(({ status, outputTokens }) => status === 'ok' && outputTokens === 12)).toBe(true);
  });

  test('a body of megabytes, and a model that is named behind it', async () => {
    const { egress, fake } = await start();
    const messages = [{ role: 'user', content: 'x'.repeat(8_000_000) }];
    const body = JSON.stringify({ messages, model: 'late' });
    const answer = await ask(egress, 'chat', {}, { body });
    expect(answer.status).toBe(200);
    await answer.text();
    expect(fake.requests[0]?.body).toBe(body);
    expect((await egress.calls(1))[0]).toMatchObject({ model: 'late' });
  });

  test('an address of the owner’s with a key of its own, and one that wants none; localhost may be another machine', async () => {
    const fake = await providers();
    const soul = `models:
  mine: { provider: corp, model: big, token_key: CORP_KEY }
  local: { provider: bare, model: small }
  keyless: { provider: forgotten, model: big }
providers:
  corp: { base_url: "${fake.url}/proxy/v1", token_key: CORP_KEY }
  bare: { base_url: "http://localhost:${new URL(fake.url).port}/v1" }
  forgotten: { base_url: "${fake.url}/v1", token_key: FORGOTTEN }
agents:
  root: { model: mine }
`;
    const egress = await startEgressProcess({
      soul,
      env: { CORP_KEY: 'sk-corp', MOBYCLAW_HOST_NAME: '127.0.0.1' },
    });
    await egress.tellBudget();
    const { ownRoutes, relayedAddress } = await import('@mobyclaw/lib/model-routes');
    const { soulModels } = await import('@mobyclaw/lib/soul-models');
    const routes = ownRoutes(soulModels(soul) ?? { agents: {} });
    const sent = async (provider: string): Promise<Response> => {
      const route = routes.find((one) => one.provider === provider);
      const address = route === undefined ? '' : relayedAddress(egress.relayUrl, route);
      return fetch(`${address}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${MODEL_KEY}` },
        body: JSON.stringify({ model: 'm' }),
      });
    };
    expect([(await sent('corp')).status, (await sent('bare')).status]).toEqual([200, 200]);
    const refused = await sent('forgotten');
    expect([refused.status, await refused.text()]).toEqual([
      401,
      expect.stringContaining('write FORGOTTEN=… into .env'),
    ]);
    expect(fake.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/proxy/v1/chat/completions', 'Bearer sk-corp'],
      ['/v1/chat/completions', undefined],
    ]);
    writeFileSync(join(egress.home, 'agent/soul.yaml'), 'agents: { root: { model: offline/offline } }\n');
    expect((await sent('corp')).status).toBe(404); // a reload counts at once
  });

  test('the proxy of the owner’s network is used to go out', async () => {
    const proxy = await startConnectProxy();
    onTestFinished(() => proxy.close());
    const env = { ...REAL, ANTHROPIC_BASE_URL: 'https://provider.test', HTTPS_PROXY: proxy.url };
    const egress = await startEgressProcess({ env });
    await egress.tellBudget();
    expect((await ask(egress, 'anthropic')).status).toBe(502); // the proxy of the test lets nobody through to that name
    expect(proxy.asked).toEqual(['CONNECT provider.test:443']);
  });
});

describe('what does not', () => {
  test('a wrong key, none, or a provider’s own', async () => {
    const { egress, fake } = await start();
    const [path, , body] = ways.anthropic;
    for (const headers of [
      {},
      { 'x-api-key': REAL.ANTHROPIC_API_KEY },
      { authorization: 'Bearer nonsense' },
    ] as Record<string, string>[]) {
      const answer = await fetch(egress.relayUrl + path, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(401);
    }
    expect(fake.requests).toEqual([]);
  });

  test('paths and methods that no agent needs, and ways around them', async () => {
    const { egress, fake } = await start();
    const { hostname, port } = new URL(egress.relayUrl);
    for (const [method, path] of [
      ['POST', '/anthropic/v1/files'],
      ['DELETE', '/anthropic/v1/messages'],
      ['GET', '/openai/v1/files'],
      ['POST', '/openai/v1/batches'],
      ['GET', '/openai/v1/organization/admin_api_keys'],
      ['POST', '/google/upload/v1beta/files'],
      ['POST', '/google/v1beta/models/a:generateContent/../../x:generateContent'],
      ['POST', '/anthropic/v1/messages/%2e%2e/files'],
      ['GET', '/nobody/v1/models'],
      ['GET', '/'],
      ['GET', 'http://provider.test/anthropic/v1/models'],
    ] as const) {
      const call = request({ hostname, port, method, path, headers: { 'x-api-key': MODEL_KEY } }).end();
      const [answer] = (await once(call, 'response')) as [{ statusCode: number; resume(): void }];
      answer.resume();
      expect([401, 404], `${method} ${path}`).toContain(answer.statusCode);
    }
    expect(fake.requests).toEqual([]);
  });

  test('another name in Host, as a page in a browser would bring it', async () => {
    const { egress, fake } = await start();
    const { hostname, port } = new URL(egress.relayUrl);
    const headers = { host: 'evil.test', 'x-api-key': MODEL_KEY };
    const call = request({ hostname, port, method: 'GET', path: '/anthropic/v1/models', headers }).end();
    const [answer] = (await once(call, 'response')) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect([answer.statusCode, fake.requests]).toEqual([403, []]);
  });

  test('until the budget is told nothing; over it nothing, and the refusal is one that is not tried again', async () => {
    const fake = await providers();
    const egress = await startEgressProcess({ env: addresses(fake.url) });
    expect((await ask(egress, 'chat')).status).toBe(429);
    await egress.tellBudget({ caps: { ...NO_BUDGET.caps, dayTokens: 200 } });
    for (const status of [200, 200, 429]) {
      const answer = await ask(egress, 'anthropic');
      await (status === 200 ? answer.text() : answer.bytes());
      expect(answer.status).toBe(status);
    }
    const answer = await ask(egress, 'anthropic');
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(await answer.json()).toEqual({
      type: 'error',
      error: { type: 'budget_exceeded', message: expect.stringContaining('usage lift') },
    });
    expect(fake.requests).toHaveLength(2);
  });

  test('of 32 calls at once over a cap that three fit under exactly four are made: the one that crosses it is the last', async () => {
    const { egress, fake } = await start();
    await egress.tellBudget({ caps: { ...NO_BUDGET.caps, dayTokens: 112 * 3 + 1 } });
    const statuses = await Promise.all(
      Array.from({ length: 32 }, async () => {
        const answer = await ask(egress, 'anthropic');
        await answer.bytes();
        return answer.status;
      }),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(4);
    expect(fake.requests).toHaveLength(4);
  });
});

describe('what breaks', () => {
  test('a client that leaves ends the provider’s side, and what came by then is counted as a guess', async () => {
    const never = new Promise<void>(() => undefined);
    const { egress, fake } = await start({ gate: () => never });
    const leave = new AbortController();
    const answer = await ask(egress, 'anthropic', {}, { signal: leave.signal });
    await answer.body?.getReader().read();
    leave.abort();
    await until('the provider to be left', () => fake.abandoned === 1);
    expect((await egress.calls(1))[0]).toMatchObject({ status: 'cut', inputTokens: 100, estimated: true });
  });

  test('a provider that breaks off in mid-stream breaks off here', async () => {
    const { egress } = await start({ cut: true });
    await expect((await ask(egress, 'chat')).text()).rejects.toThrow();
    expect((await egress.calls(1))[0]).toMatchObject({ status: 'cut', estimated: true });
  });

  test('an error of the provider’s comes through with its status and costs nothing', async () => {
    const { egress } = await start({ status: 529 });
    const answer = await ask(egress, 'anthropic');
    expect([answer.status, await answer.json()]).toEqual([529, { error: { message: 'no' } }]);
    expect((await egress.calls(1))[0]).toMatchObject({
      status: 'failed',
      httpStatus: 529,
      inputTokens: 0,
      costUsd: 0,
    });
  });

  test('a provider that is not there is told by its code', async () => {
    const egress = await startEgressProcess({ env: { ...REAL, ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' } });
    await egress.tellBudget();
    const answer = await ask(egress, 'anthropic');
    expect([answer.status, await answer.text()]).toEqual([502, expect.stringContaining('(ECONNREFUSED)')]);
  });

  test('killed in mid-stream, the stream ends as at a broken provider, and the next start counts the call as a guess', async () => {
    const never = new Promise<void>(() => undefined);
    const { egress, fake } = await start({ gate: () => never });
    const answer = await ask(egress, 'chat');
    const broken = expect(answer.text()).rejects.toThrow();
    await egress.kill();
    await broken;
    await until('the provider to be left', () => fake.abandoned === 1);
    const again = await startEgressProcess({ home: egress.home, env: addresses(fake.url) });
    expect((await again.calls(1))[0]).toMatchObject({
      status: 'cut',
      estimated: true,
      model: 'gpt',
      outputTokens: 500,
    });
    expect((await ask(again, 'google', {}, { method: 'GET', body: null })).status).toBe(404); // it knows its key again
  });

  test('no key is in a log, an error or a file, whatever goes wrong', async () => {
    const { egress, fake } = await start();
    await (await ask(egress, 'chat')).text();
    await fake.close();
    const texts = [await (await ask(egress, 'chat')).text(), await (await ask(egress, 'anthropic')).text()];
    texts.push(egress.output());
    for (const file of readdirSync(join(egress.home, 'egress'))) {
      texts.push(readFileSync(join(egress.home, 'egress', file), 'latin1'));
    }
    for (const secret of [...Object.values(REAL), MODEL_KEY]) {
      expect(texts.some((text) => text.includes(secret))).toBe(false);
    }
  });
});
