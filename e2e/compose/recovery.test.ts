/** Kills, restarts and edits under a running stack: what the core promises holds in containers too. */
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  afterTools,
  type FakeModel,
  lastUserText,
  type ModelRequest,
  startFakeModel,
} from '@mobyclaw/testkit/fake-model';
import { requireDocker } from '@mobyclaw/testkit/require-docker';
import { until } from '@mobyclaw/testkit/until';
import { afterAll, describe, expect, test } from 'vitest';
import { docker } from './docker.ts';
import { bridgeAddress, type Service, type Stack, useStack } from './stack.ts';

const WORDS = Array.from({ length: 80 }, (_, index) => `w${index} `);
const OTHER_UID = 4711;

const asRoot = process.getuid?.() === 0; // only root can give the data directory to somebody else

describe.skipIf(!requireDocker())('the stack, with a model', () => {
  let model: FakeModel;
  const seen: ModelRequest[] = [];
  afterAll(() => model?.close());

  const stack = useStack(async () => {
    model = await startFakeModel(answer, 0, await bridgeAddress());
    const { port } = new URL(model.baseUrl);
    return {
      ...(asRoot ? { uid: OTHER_UID } : {}),
      env: { OPENAI_API_KEY: 'not-a-key' },
      soul: (text: string) =>
        text
          .replace('provider: anthropic', 'provider: here')
          .replace('model: claude-sonnet-4-5', 'model: test-model')
          .concat(
            `\nproviders:\n  here: { api_type: openai_chatcompletions, base_url: http://host.docker.internal:${port}/v1 }\n`,
          ),
    };
  });

  /** Does what soul.yaml asks for: writes down what it is told, counts slowly, and says what it knows. */
  function answer(request: ModelRequest) {
    seen.push(request);
    const prompt = lastUserText(request).split('[/moby-context]').at(-1) ?? '';
    if (afterTools(request)) return { text: ['Noted', '.'] };
    const fact = /Remember that (.+)/.exec(prompt)?.[1];
    if (fact) {
      const text = JSON.stringify({ section: 'About the owner', text: fact });
      return { toolCalls: [{ id: `call_${seen.length}`, name: 'memory_append', arguments: text }] };
    }
    if (prompt.includes('count')) return { text: WORDS, beforePiece: () => pause(25) };
    return { text: [JSON.stringify(request.messages).includes('Alice') ? 'Known: Alice' : 'Known: nothing'] };
  }

  test('runs as the owner of the data directory, and all it writes is his and private', async () => {
    expect(await stack().prompt('Remember that my name is Alice')).toContain('Noted');
    const { uid } = statSync(stack().home);
    if (asRoot) expect(uid).toBe(OTHER_UID);
    for (const file of [
      'MEMORY.md',
      'soul.yaml',
      'agent/MEMORY.md',
      'gateway/gateway.db',
      'sessions/session.db',
    ]) {
      const stat = statSync(join(stack().home, file));
      expect([file, stat.uid, stat.mode & 0o077]).toEqual([file, uid, 0]);
    }
    expect(readFileSync(join(stack().home, 'MEMORY.md'), 'utf8')).toContain('my name is Alice');
    // For ssh and git the number has a name and a home, writable.
    expect(
      await stack().exec('moby', ['sh', '-c', 'id -un && cd ~ && touch x && git init -q repo && echo $HOME']),
    ).toBe('moby\n/sessions/home\n');
  });

  test.each<Service>(['moby', 'gateway', 'memory', 'workspace', 'egress'])(
    'SIGKILL of %s in the middle of a turn: the whole answer, once',
    async (service) => {
      const session = `api:killed-${service}`;
      const turn = await startTurn(stack(), 'count', session);
      await until(
        'the first words',
        async () => (await turnEvents(stack(), turn, 'token')).length > 3,
        30_000,
      );
      const { StartedAt } = (await stack().inspect(service)).State;
      await stack().sigkill(service);
      await until(
        `${service} to come back`,
        async () => {
          const { State } = await stack().inspect(service);
          return State.StartedAt !== StartedAt && State.Health?.Status === 'healthy';
        },
        30_000,
      );
      await stack().ready();
      const state = await until(
        'the turn to end',
        async () => {
          const { state } = await turnState(stack(), turn);
          return state !== 'queued' && state !== 'running' ? state : null;
        },
        60_000,
      );
      expect(state).toBe('done');
      const done = await turnEvents(stack(), turn, 'done');
      expect(done).toHaveLength(1);
      expect(done[0]?.text.match(/w\d+/g)).toEqual(WORDS.map((word) => word.trim()));
      expect(await stack().prompt(`Remember that I was there when ${service} died`, session)).toContain(
        'Noted',
      );
      expect(readFileSync(join(stack().home, 'MEMORY.md'), 'utf8')).toContain(`when ${service} died`);
    },
    120_000,
  );

  test('an edit of soul.yaml counts from the next turn on; a broken one is told, and the good one stays', async () => {
    const soul = join(stack().home, 'soul.yaml');
    const good = readFileSync(soul, 'utf8');
    const edited = good.replace('You are Moby,', 'You are Moby, fond of NIGHTINGALES,');
    expect(edited).not.toBe(good);
    const running = await startTurn(stack(), 'count', 'api:running');
    await until('it to run', async () => (await turnEvents(stack(), running, 'token')).length > 0, 30_000);
    writeFileSync(soul, edited);
    const isInForce = async () => {
      await stack().prompt('Who am I?', 'api:soul');
      return JSON.stringify(seen.at(-1)?.messages).includes('NIGHTINGALES');
    };
    await until('the edit to be in force', isInForce, 30_000);
    const done = await turnEvents(stack(), running, 'done');
    expect(done[0]?.text.match(/w\d+/g)).toHaveLength(WORDS.length); // was not cut
    expect((await stack().status()).soul).toEqual({ state: 'in-force' });

    appendFileSync(soul, 'agents: [broken\n');
    const line = edited.split('\n').length;
    const { problem } = await until(
      'the problem to be told',
      async () => {
        const { soul } = await stack().status();
        return soul.problem === undefined ? null : soul;
      },
      30_000,
    );
    expect(problem).toMatch(new RegExp(`line (${line}|${line + 1})`));
    await stack().prompt('Still there?', 'api:soul');
    expect(JSON.stringify(seen.at(-1)?.messages)).toContain('NIGHTINGALES');
    expect(JSON.stringify(seen.at(-1)?.messages)).toContain('Who am I?'); // the conversation goes on

    writeFileSync(soul, good);
    await until('the good one', async () => (await stack().status()).soul.problem === undefined, 30_000);
  }, 120_000);

  test('down, prune, up: memory and conversation are still there', async () => {
    const session = 'api:before';
    await stack().prompt('Remember that the house is blue', session);
    const before = await history(stack(), session);
    expect(JSON.stringify(before)).toContain('the house is blue');
    await stack().compose(['down']);
    // What `docker system prune` takes of a stack that is down, without what other projects on this machine have left.
    for (const kind of ['container', 'network', 'volume'])
      await docker([
        kind,
        'prune',
        '--force',
        '--filter',
        `label=com.docker.compose.project=${stack().project}`,
      ]);
    expect(await docker(['ps', '--all', '--quiet', '--filter', `name=${stack().project}`])).toBe('');
    await stack().up();
    expect(await history(stack(), session)).toEqual(before);
    expect(await stack().prompt('Who am I?', 'api:another')).toBe('Known: Alice');
    await stack().prompt('Go on', session);
    expect(JSON.stringify(seen.at(-1)?.messages)).toContain('Remember that the house is blue');
  }, 120_000);
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Starts a turn, and leaves: the turn goes on. */
async function startTurn(stack: Stack, prompt: string, session: string): Promise<string> {
  const leaving = new AbortController();
  const response = await stack.request('/prompt/stream', {
    method: 'POST',
    body: JSON.stringify({ prompt, session }),
    signal: leaving.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    text += (await reader?.read())?.value ?? '';
    const turn = /"turn":"([^"]+)"/.exec(text)?.[1];
    if (turn === undefined) continue;
    leaving.abort();
    return turn;
  }
}

async function turnState(stack: Stack, turn: string): Promise<{ state: string }> {
  return (await (await stack.request(`/api/turns/${turn}`)).json()) as { state: string };
}

/** The events of one type so far, as their data; none while the gateway is down. */
async function turnEvents(stack: Stack, turn: string, type: string): Promise<{ text: string }[]> {
  const leaving = new AbortController();
  const response = await stack.request(`/api/turns/${turn}/events?since=0`, { signal: leaving.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    // What is stored comes at once; of a turn that runs the stream then stays open.
    const chunk = await Promise.race([reader?.read(), pause(300)]);
    if (!chunk?.value) break;
    text += chunk.value;
  }
  leaving.abort();
  return text
    .split('\n\n')
    .filter((event) => event.includes(`event: ${type}\n`) || event.endsWith(`event: ${type}`))
    .map((event) => JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? '{}') as { text: string });
}

async function history(stack: Stack, session: string): Promise<unknown> {
  return (await stack.request(`/api/sessions/${encodeURIComponent(session)}/messages`)).json();
}
