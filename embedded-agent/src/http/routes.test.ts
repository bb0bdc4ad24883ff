import { startFakeModel } from '@mobyclaw/testkit/fake-model';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeSoul, startAgent } from '../testing/agent.ts';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const CLAUDE = `version: "7"
models: { claude: { provider: anthropic, model: claude-sonnet-4-5 } }
agents: { root: { model: claude, description: Moby } }
`;

async function start() {
  const model = await startFakeModel(() => ({ text: ['Hello.'] }));
  onTestFinished(() => model.close());
  return startAgent(fakeSoul(model.baseUrl));
}

describe('routes', () => {
  it('tell what is served', async () => {
    const agent = await start();
    expect(await agent.call('GET', '/api/ping')).toEqual({ status: 200, body: { status: 'ok' } });
    expect((await agent.call('GET', '/api/agents')).body).toEqual([
      { name: 'soul', description: 'Moby', multi: false, model_per_run: true },
    ]);
    expect((await agent.call('GET', '/api/agents/soul')).body).toMatchObject({
      version: '7',
      agents: [{ Name: 'root', model: 'main' }],
    });
    expect((await agent.call('GET', '/api/agents/soul/root/tools/count')).body).toEqual({
      available_tools: 0,
    });
    expect(await agent.call('GET', '/api/agents/other')).toEqual({
      status: 404,
      body: { message: 'Not Found' },
    });
  });

  it('take a path that is none for a mistake of who asks', async () => {
    const agent = await start();
    for (const path of ['/api/sessions/%', '/api/sessions/%ff', '//']) {
      expect((await agent.call('GET', path)).status).toBeLessThan(500);
    }
    expect((await agent.call('GET', '/api/sessions/%')).status).toBe(400);
  });

  it('make, show, name and delete sessions', async () => {
    const agent = await start();
    const created = await agent.call('POST', '/api/sessions', {
      permissions: { allow: ['*'] },
      working_dir: agent.folder,
    });
    expect(created).toMatchObject({
      status: 200,
      body: {
        title: '',
        messages: null,
        tools_approved: false,
        working_dir: agent.folder,
        SendUserMessage: true,
        permissions: { allow: ['*'] },
      },
    });
    const { id } = created.body as { id: string };
    expect(await agent.call('PATCH', `/api/sessions/${id}/title`, { title: 'cli:main' })).toEqual({
      status: 200,
      body: { id, title: 'cli:main' },
    });
    expect(
      (await agent.call('PATCH', `/api/sessions/${id}/permissions`, { permissions: { deny: ['shell'] } }))
        .status,
    ).toBe(200);
    expect((await agent.call('GET', `/api/sessions/${id}`)).body).toMatchObject({
      id,
      title: 'cli:main',
      thinking: false,
      permissions: { deny: ['shell'] },
    });
    expect((await agent.call('GET', '/api/sessions')).body).toMatchObject([
      { id, title: 'cli:main', num_messages: 0 },
    ]);
    expect(await agent.call('DELETE', `/api/sessions/${id}`)).toEqual({
      status: 200,
      body: { message: 'session deleted' },
    });
    expect((await agent.call('GET', `/api/sessions/${id}`)).status).toBe(404);
  });

  it('keep a title that was set, and take the first words of the prompt where none was', async () => {
    const agent = await start();
    const named = await agent.newSession();
    await agent.call('PATCH', `/api/sessions/${named}/title`, { title: 'cli:main' });
    await agent.run(named, 'Hello');
    expect((await agent.stored(named)).title).toBe('cli:main');
    const unnamed = await agent.newSession();
    await agent.run(
      unnamed,
      '[moby-context x]\nchannel: cli\n[/moby-context]\nWhat is the capital of the country that lies north of Italy?',
    );
    expect((await agent.stored(unnamed)).title).toBe('What is the capital of the country that lies…');
  });

  it('answer what they cannot do with cagent’s status and message', async () => {
    const agent = await start();
    const id = await agent.newSession();
    const hi = [{ role: 'user', content: 'hi' }];
    const cases: Array<[string, string, unknown, number, string | RegExp]> = [
      ['POST', `/api/sessions/${NOBODY}/agent/soul`, hi, 500, 'failed to run session: session not found'],
      ['POST', `/api/sessions/${NOBODY}/agent/soul`, [], 500, 'failed to run session: session not found'],
      ['POST', `/api/sessions/${id}/agent/soul`, [], 400, /no message/],
      ['POST', `/api/sessions/${id}/agent/soul`, [{ role: 'user', content: '  ' }], 400, /empty/],
      ['POST', `/api/sessions/${id}/agent/soul`, { message: hi }, 400, /^invalid request body/],
      ['POST', `/api/sessions/${NOBODY}/agent/soul`, { message: hi }, 400, /^invalid request body/],
      ['POST', `/api/sessions/${id}/agent/soul`, '{oops', 400, /^invalid request body/],
      ['POST', `/api/sessions/${id}/agent/other`, hi, 500, 'failed to run session: agent not found: other'],
      [
        'POST',
        `/api/sessions/${id}/agent/soul/helper`,
        hi,
        500,
        /agent not found: helper \(available agents: root\)/,
      ],
      ['GET', `/api/sessions/${NOBODY}`, undefined, 404, /^session not found/],
      ['DELETE', `/api/sessions/${NOBODY}`, undefined, 500, 'failed to delete session: session not found'],
      ['PATCH', `/api/sessions/${NOBODY}/title`, { title: 'x' }, 500, /session not found/],
      [
        'POST',
        `/api/sessions/${id}/resume`,
        { confirmation: 'approve' },
        500,
        'failed to resume session: session not found',
      ],
      ['POST', `/api/sessions/${id}/elicitation`, { action: 'cancel' }, 500, /session not found/],
      [
        'POST',
        '/api/sessions',
        { working_dir: '/no/such/folder' },
        500,
        /^failed to create session: working directory/,
      ],
      ['GET', '/nowhere', undefined, 404, 'Not Found'],
      ['PUT', '/api/ping', undefined, 405, 'Method Not Allowed'],
    ];
    for (const [method, path, body, status, message] of cases) {
      const answer = await agent.call(method, path, body);
      expect({ path, status: answer.status }).toEqual({ path, status });
      expect((answer.body as { message: string }).message).toMatch(message);
    }
    expect((await agent.stored(id)).messages).toBeUndefined();
  });

  it('drop an answer that nobody waits for, also one that makes no sense', async () => {
    const agent = await start();
    const id = await agent.newSession();
    await agent.run(id, 'hi');
    for (const confirmation of ['approve', 'nonsense']) {
      expect(await agent.call('POST', `/api/sessions/${id}/resume`, { confirmation })).toEqual({
        status: 200,
        body: { message: 'session resumed' },
      });
    }
    expect((await agent.call('POST', `/api/sessions/${id}/elicitation`, { action: 'accept' })).body).toEqual({
      message: 'failed to handle elicitation: no elicitation request in progress',
    });
  });
});

describe('a configuration that cannot run', () => {
  it('broken at start: pings, lists no agent, and says what is wrong when asked to run', async () => {
    const agent = await startAgent('version: "7"\nagents:\n  root:\n    model: x/y\n    instrction: hi\n');
    expect((await agent.call('GET', '/api/ping')).status).toBe(200);
    expect((await agent.call('GET', '/api/agents')).body).toEqual([]);
    const id = await agent.newSession();
    for (const [method, path] of [
      ['GET', '/api/agents/soul/root/tools/count'],
      ['POST', `/api/sessions/${id}/agent/soul`],
    ] as const) {
      const answer = await agent.call(
        method,
        path,
        method === 'POST' ? [{ role: 'user', content: 'hi' }] : undefined,
      );
      expect(answer.status).toBe(500);
      expect((answer.body as { message: string }).message).toContain(
        'soul.yaml line 5, column 5: unknown key "agents.root.instrction"',
      );
    }
  });

  it('a key is missing while another provider has one: the agent is listed, a run names the variable', async () => {
    const agent = await startAgent(CLAUDE, { environment: { OPENAI_API_KEY: 'k' } });
    expect((await agent.call('GET', '/api/agents')).body).toMatchObject([{ name: 'soul' }]);
    const answer = await agent.call('GET', '/api/agents/soul/root/tools/count');
    expect(answer.status).toBe(500);
    expect((answer.body as { message: string }).message).toContain('ANTHROPIC_API_KEY');
  });
});

describe('access', () => {
  it('needs the token on every route where one is set', async () => {
    const agent = await startAgent(CLAUDE, { token: 's3cret' });
    expect(await agent.call('GET', '/api/ping')).toEqual({
      status: 401,
      body: { message: 'missing Authorization header' },
    });
    expect(
      (await agent.call('GET', '/api/agents', undefined, { Authorization: 'Bearer wrong' })).status,
    ).toBe(401);
    expect(
      (await agent.call('GET', '/api/agents', undefined, { Authorization: 'Bearer s3cret' })).status,
    ).toBe(200);
  });

  it('is not given to web pages, nor under a foreign name', async () => {
    const agent = await start();
    expect(
      (await agent.call('GET', '/api/sessions', undefined, { Origin: 'http://evil.example' })).status,
    ).toBe(403);
    expect((await agent.call('GET', '/api/sessions', undefined, { Host: 'evil.example' })).status).toBe(403);
  });
});
