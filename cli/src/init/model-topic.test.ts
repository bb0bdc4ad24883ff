/** Which program runs the agent, where there are containers: what was chosen before stays, unless another is chosen. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { answer } from '../testing/answer.ts';
import { memoryTerminal } from '../testing/memory-terminal.ts';
import { startProvider } from '../testing/provider-server.ts';
import { Ask } from './ask.ts';
import { Draft } from './draft.ts';
import { modelTopic } from './model-topic.ts';

const ENTER = '\r';
const DOWN = '\u001b[B';
const ROOT = join(import.meta.dirname, '../../..');

/** @param envFile what `.env` holds; null where there is none yet */
async function asked(envFile: string | null, keys: string, environment: Record<string, string> = {}) {
  const provider = await startProvider('sk-ant-right', ['claude-sonnet-4-5-20250929']);
  const folder = temporaryFolder();
  const path = join(folder, 'settings.env');
  if (envFile !== null) writeFileSync(path, `MOBYCLAW_HOME=${folder}\n${envFile}`);
  const env = { MOBYCLAW_ENV_FILE: path, ANTHROPIC_BASE_URL: provider.url, NO_COLOR: '1', ...environment };
  const terminal = Object.assign(memoryTerminal(true), { env });
  const draft = new Draft({ checkout: ROOT, terminal });
  const done = modelTopic({ ask: new Ask(terminal), draft, env, mode: 'compose' });
  await answer(terminal, [
    ['Whose model', ENTER],
    ['Anthropic API key', `sk-ant-right${ENTER}`],
    ['Model', ENTER],
    ['Which program runs the agent?', `${keys}${ENTER}`],
  ]);
  await done;
  return draft.value('MOBYCLAW_AGENT');
}

test.each([
  ['the first time', null, 'cagent'],
  ['where nothing was chosen before', 'MOBYCLAW_TZ=UTC\n', 'cagent'],
  ['where cagent was', 'MOBYCLAW_AGENT=cagent\n', 'cagent'],
  ['where the one of ours was', 'MOBYCLAW_AGENT=embedded\n', 'embedded'],
])('Enter, %s', async (_when, envFile, engine) => {
  expect(await asked(envFile, '')).toBe(engine);
});

test('another one is taken where it is chosen', async () => {
  expect(await asked(null, DOWN)).toBe('embedded');
});

test('a key that is there is shown masked, and replaced where the owner does not keep it', async () => {
  const provider = await startProvider('sk-ant-right', ['claude-sonnet-4-5-20250929']);
  const folder = temporaryFolder();
  const path = join(folder, 'settings.env');
  writeFileSync(path, `MOBYCLAW_HOME=${folder}\nANTHROPIC_API_KEY=sk-ant-of-yesterday\n`);
  const env = { MOBYCLAW_ENV_FILE: path, ANTHROPIC_BASE_URL: provider.url, NO_COLOR: '1' };
  const terminal = Object.assign(memoryTerminal(true), { env });
  const draft = new Draft({ checkout: ROOT, terminal });
  const done = modelTopic({ ask: new Ask(terminal), draft, env, mode: 'local' });
  await answer(terminal, [
    ['Whose model', ENTER],
    ['ANTHROPIC_API_KEY is set', `n${ENTER}`],
    ['Anthropic API key', `sk-ant-right${ENTER}`],
    ['Model', ENTER],
  ]);
  await done;
  expect(terminal.err + terminal.out).not.toContain('of-yesterday');
  expect(draft.value('ANTHROPIC_API_KEY')).toBe('sk-ant-right');
});
