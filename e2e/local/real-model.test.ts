import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ModelMessage, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { type Moby, newMoby } from './moby.ts';

const SOUL = join(dirname(fileURLToPath(import.meta.url)), '../../agents/moby/soul.yaml');

/** A model that follows soul.yaml: writes down what it is told, knows what MEMORY.md says, and can take its time. */
async function modelOnLoopback() {
  const model = await startFakeModel(async ({ messages }) => {
    const system = textOf(messages.filter(({ role }) => role === 'system'));
    const prompt = textOf(messages.filter(({ role }) => role === 'user').slice(-1));
    if (messages.at(-1)?.role === 'tool') return { text: ['Noted', '.'] };
    const name = /Remember that my name is (\w+)/.exec(prompt.split('[/moby-context]').at(-1) ?? '')?.[1];
    if (name) {
      const fact = JSON.stringify({ section: 'About the owner', text: `The owner's name is ${name}.` });
      return { toolCalls: [{ id: 'call_1', name: 'memory_append', arguments: fact }] };
    }
    if (prompt.includes('count')) {
      const words = Array.from({ length: 60 }, (_, index) => `n${index} `);
      return { text: words, beforePiece: () => new Promise((resolve) => setTimeout(resolve, 20)) };
    }
    return { text: [`Known: ${/name is (\w+)/.exec(system)?.[1] ?? 'nothing'}`] };
  });
  onTestFinished(() => model.close());
  return model;
}

function textOf(messages: readonly ModelMessage[]): string {
  return JSON.stringify(messages.map(({ content }) => content)).replaceAll('\\n', '\n');
}

async function mobyWithModel(baseUrl: string): Promise<Moby> {
  const moby = await newMoby({ OPENAI_API_KEY: 'not-a-key' });
  const soul = readFileSync(SOUL, 'utf8')
    .replace('provider: anthropic', 'provider: here')
    .replace('model: claude-sonnet-4-5', 'model: test-model')
    .concat(`\nproviders:\n  here: { api_type: openai_chatcompletions, base_url: ${baseUrl} }\n`);
  writeFileSync(join(moby.home, 'soul.yaml'), soul);
  const up = await moby.cli(['up', '--local']);
  expect([up.code, up.stderr]).toEqual([0, expect.any(String)]);
  return moby;
}

test('with a model behind an OpenAI-compatible address the same lines talk to it', async () => {
  const model = await modelOnLoopback();
  const moby = await mobyWithModel(model.baseUrl);
  expect((await moby.cli(['run', 'Remember that my name is Alice'])).stdout).toContain('Noted.');
  await moby.cli(['down']);
  await moby.cli(['up', '--local']);
  const asked = await moby.cli(['run', '--session', 'another', "What's my name?"]);
  expect(asked.stdout).toContain('Known: Alice');
}, 300_000);

test('SIGKILL of the gateway and of the agent in mid-answer: the client gets the whole answer, once', async () => {
  const model = await modelOnLoopback();
  const moby = await mobyWithModel(model.baseUrl);
  const whole = Array.from({ length: 60 }, (_, index) => `n${index}`).join(' ');
  for (const part of ['gateway', 'agent'] as const) {
    const before = model.requests.length;
    const running = moby.cli(['run', 'count']);
    await until('the model to be asked', () => model.requests.length > before, 60_000);
    process.kill(moby.pid(part), 'SIGKILL');
    const { code, stdout } = await running;
    expect([code, stdout.trim()]).toEqual([0, whole]);
  }
}, 300_000);

test('an edit of soul.yaml counts from the next turn; a broken one is named with its line, and Moby goes on', async () => {
  const model = await modelOnLoopback();
  const moby = await mobyWithModel(model.baseUrl);
  await moby.cli(['run', 'hello']);
  const path = join(moby.home, 'soul.yaml');
  const good = readFileSync(path, 'utf8');
  const soulState = async () => JSON.parse((await moby.cli(['status', '--json'])).stdout).gateway.soul;

  writeFileSync(path, good.replace('You are Moby,', 'You are Captain Moby,'));
  await until(
    'the edit to count',
    async () => {
      await moby.cli(['run', 'hello']);
      return JSON.stringify(model.requests.at(-1)?.messages).includes('Captain Moby');
    },
    60_000,
  );

  writeFileSync(path, good.replace('add_date: true', 'add_dat: true'));
  const rejected = await until(
    'the edit to be rejected',
    async () => {
      const soul = await soulState();
      return soul.state === 'rejected' && soul;
    },
    60_000,
  );
  const line = good.split('\n').findIndex((text) => text.includes('add_date')) + 1;
  expect(rejected.problem).toContain(`line ${line}`);
  expect(rejected.problem).toContain('add_dat');
  expect((await moby.cli(['run', 'hello'])).code).toBe(0);
  expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('Captain Moby');

  writeFileSync(path, good);
  await until('the repaired file to count', async () => (await soulState()).state === 'in-force', 60_000);
}, 300_000);

test('an edit in mid-answer cuts nothing: the answer comes whole, the next one is from the new soul', async () => {
  const model = await modelOnLoopback();
  const moby = await mobyWithModel(model.baseUrl);
  const path = join(moby.home, 'soul.yaml');
  const running = moby.cli(['run', 'count']);
  await until('the model to be asked', () => model.requests.length > 0, 60_000);
  writeFileSync(path, readFileSync(path, 'utf8').replace('You are Moby,', 'You are Admiral Moby,'));
  const { code, stdout } = await running;
  expect(code).toBe(0);
  expect(stdout.trim().split(' ')).toHaveLength(60);
  expect(model.requests).toHaveLength(1);
  await until(
    'the edit to count',
    async () => {
      await moby.cli(['run', 'hello']);
      return JSON.stringify(model.requests.at(-1)?.messages).includes('Admiral Moby');
    },
    60_000,
  );
}, 300_000);
