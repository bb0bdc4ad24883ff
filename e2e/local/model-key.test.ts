/** A key under a name of the owner's own: from wherever it is set it reaches the model and no command; where it is missing, all say which and where. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FakeModel, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { newMoby } from './moby.ts';

const SOUL = join(dirname(fileURLToPath(import.meta.url)), '../../agents/moby/soul.yaml');

function soul({ baseUrl }: FakeModel, key = 'MY_KEY'): string {
  return readFileSync(SOUL, 'utf8')
    .replace('provider: anthropic', 'provider: here')
    .replace('model: claude-sonnet-4-5', 'model: test-model')
    .concat(
      `\nproviders:\n  here: { api_type: openai_chatcompletions, base_url: ${baseUrl}, token_key: ${key} }\n`,
    );
}

/** Looks at the environment of its shell, and says what it saw. */
async function curiousModel(): Promise<FakeModel> {
  const call = { id: 'c1', name: 'shell', arguments: '{"cmd":"env"}' };
  const model = await startFakeModel(({ messages }) => {
    const last = messages.at(-1);
    return last?.role === 'tool' ? { text: [`Seen: ${last.content}`] } : { toolCalls: [call] };
  });
  onTestFinished(() => model.close());
  return model;
}

test.each(['.env', 'the environment', 'credentials.env'])(
  'a key from %s',
  async (where) => {
    const model = await curiousModel();
    const envFile = join(temporaryFolder(), 'my.env');
    const others = 'OPENROUTER_API_KEY=sk-router\nAWS_SECRET_ACCESS_KEY=sk-aws\n';
    writeFileSync(envFile, `${where === '.env' ? 'MY_KEY=sk-mine\n' : ''}${others}`, { mode: 0o600 });
    const moby = await newMoby({
      MOBYCLAW_ENV_FILE: envFile,
      ...(where === 'the environment' && { MY_KEY: 'sk-mine' }),
    });
    writeFileSync(join(moby.home, 'soul.yaml'), soul(model));
    const credentials = `GITHUB_TOKEN=ghp-given\n${where === 'credentials.env' ? 'MY_KEY=sk-mine\n' : ''}`;
    writeFileSync(join(moby.home, 'credentials.env'), credentials, { mode: 0o600 });
    expect(await moby.cli(['up', '--local'])).toMatchObject({ code: 0 });
    const { code, stdout } = await moby.cli(['run', 'look']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('GITHUB_TOKEN=ghp-given')]);
    expect(stdout).not.toMatch(/sk-|MOBYCLAW_MCP_TOKEN/);
    expect(new Set(model.authorizations)).toEqual(new Set(['Bearer sk-mine']));
    const { checks } = JSON.parse((await moby.cli(['doctor', '--json'])).stdout);
    const at = where === 'the environment' ? 'environment' : where;
    expect(checks).toContainEqual(expect.objectContaining({ name: 'keys', detail: `MY_KEY (${at})` }));
  },
  300_000,
);

test('a key that is missing is named with its file by up, status, doctor and the answer, and no rules step in', async () => {
  const model = await curiousModel();
  const moby = await newMoby();
  writeFileSync(join(moby.home, 'soul.yaml'), soul(model));
  const named = /MY_KEY is not set[\s\S]*MY_KEY=… into \.env/;
  const up = await moby.cli(['up', '--local']);
  expect([up.code, up.stderr]).toEqual([0, expect.stringMatching(named)]);
  expect((await moby.cli(['status'])).stderr).toMatch(named);
  expect((await moby.cli(['doctor'])).stdout).toMatch(named);
  const asked = await moby.cli(['run', 'hello']);
  expect([asked.code, asked.stdout]).toEqual([1, '']);
  expect(asked.stderr).toMatch(named);
  expect(model.requests).toEqual([]);
}, 300_000);
