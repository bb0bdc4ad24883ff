import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { isDefaultButModel, type ModelChoice, modelOf, withModel } from './soul-model.ts';

const DEFAULT = readFileSync(join(import.meta.dirname, '../../../agents/moby/soul.yaml'), 'utf8');
const OPENAI: ModelChoice = { provider: 'openai', model: 'gpt-5-mini', tokenKey: 'OPENAI_API_KEY' };
const ANTHROPIC: ModelChoice = { provider: 'anthropic', model: 'claude-sonnet-4-5' };
const LOCAL: ModelChoice = { provider: 'local', model: 'qwen3:8b', baseUrl: 'http://localhost:11434/v1' };

function changedLines(before: string, after: string): string[] {
  const old = new Set(before.split('\n'));
  return after.split('\n').filter((line) => !old.has(line));
}

test('the model changes, and nothing else', () => {
  expect(modelOf(DEFAULT)).toEqual({ provider: 'anthropic', model: 'claude-sonnet-4-5' });
  const text = withModel(DEFAULT, OPENAI) ?? '';
  expect(changedLines(DEFAULT, text)).toEqual([
    '    token_key: OPENAI_API_KEY',
    '    provider: openai',
    '    model: gpt-5-mini',
  ]);
  expect(withModel(text, ANTHROPIC)).toBe(DEFAULT);
});

test('a server of the owner: defined once, its address changed the next time', () => {
  const text = withModel(DEFAULT, LOCAL) ?? '';
  expect(modelOf(text)).toEqual({ provider: 'local', model: 'qwen3:8b', baseUrl: LOCAL.baseUrl });
  expect(text.startsWith(DEFAULT.slice(0, DEFAULT.indexOf('provider:')))).toBe(true);
  const other =
    withModel(text, { ...LOCAL, baseUrl: 'http://10.0.0.5/v1', tokenKey: 'OPENAI_API_KEY' }) ?? '';
  expect(parse(other).providers).toEqual({
    local: {
      token_key: 'OPENAI_API_KEY',
      api_type: 'openai_chatcompletions',
      base_url: 'http://10.0.0.5/v1',
    },
  });
  expect(parse(withModel(other, LOCAL) ?? '').providers.local).not.toHaveProperty('token_key');
});

test('flow maps, other providers, odd names', () => {
  const soul =
    'models: { m: { token_key: X, provider: google, model: "a: b", temperature: 0 } }\nproviders:\n  mine: { base_url: u }\nagents: { root: { model: m } } # end';
  const text = withModel(soul, { ...LOCAL, model: 'a, b: {c}' }) ?? '';
  expect(parse(text)).toEqual({
    models: { m: { provider: 'local', model: 'a, b: {c}', temperature: 0 } },
    providers: {
      local: { api_type: 'openai_chatcompletions', base_url: LOCAL.baseUrl },
      mine: { base_url: 'u' },
    },
    agents: { root: { model: 'm' } },
  });
  expect(text.endsWith('# end')).toBe(true);
});

test.each([
  'agents: { root: { model: openai/gpt-5 } }',
  'models: [',
  '',
  'agents: { root: { model: x } }\nmodels: { x: y }',
])('a file that names its model in another way is left alone: %j', (text) => {
  expect(withModel(text, OPENAI)).toBeNull();
  expect(modelOf(text)).toBeNull();
});

test('the default is known with any model, and a changed character is not the default', () => {
  for (const choice of [OPENAI, ANTHROPIC, LOCAL]) {
    expect(isDefaultButModel(withModel(DEFAULT, choice) ?? '', DEFAULT)).toBe(true);
  }
  expect(isDefaultButModel(DEFAULT.replace('warm, direct', 'cold'), DEFAULT)).toBe(false);
  expect(isDefaultButModel('models: [', DEFAULT)).toBe(false);
});
