/** What programs that the agent runs can read of its environment, by real programs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROVIDER_KEYS, PROVIDER_SECRETS } from '@mobyclaw/protocol/model-providers';
import { describe, expect, it } from 'vitest';
import { parseSoul } from '../soul/load.ts';
import { startAgent } from '../testing/agent.ts';
import { ownEnvironment, shellEnvironment } from './program-environment.ts';

const keys = Object.fromEntries(PROVIDER_SECRETS.map((name) => [name, `secret-${name}`]));
const environment = {
  ...keys,
  PATH: process.env.PATH,
  HOME: '/home/alice',
  LC_ALL: 'C.UTF-8',
  https_proxy: 'http://proxy:1',
  MOBYCLAW_MCP_TOKEN: 'secret-mcp',
  MOBYCLAW_AGENT_TOKEN: 'secret-agent',
  MOBYCLAW_TRANSCRIBE_KEY: 'secret-transcribe',
  TELEGRAM_BOT_TOKEN: 'secret-telegram',
  MY_KEY: 'secret-mine',
  SEARCH_KEY: 'secret-search',
  GITHUB_TOKEN: 'ghp-given',
  AWS_ACCESS_KEY_ID: 'aws-given',
  MOBYCLAW_CREDENTIAL_NAMES: 'GITHUB_TOKEN,AWS_ACCESS_KEY_ID,ANTHROPIC_API_KEY',
};

const SOUL = `
models: { m: { provider: openai, model: x, base_url: "http://127.0.0.1:1/v1", token_key: MY_KEY } }
agents:
  root:
    model: m
    toolsets:
      - { type: mcp, remote: { url: "http://127.0.0.1:1/mcp", transport_type: streamable, headers: { Key: "\${env.SEARCH_KEY}" } } }
      - { type: shell }
  heartbeat: { model: anthropic/claude-haiku-4-5 }
`;

describe('a command of the shell', () => {
  it('sees what credentials.env gives it and no key of a model, of the stack or of another toolset', () => {
    const env = shellEnvironment(parseSoul(SOUL, 'soul.yaml'), environment);
    expect(env).toEqual({
      PATH: process.env.PATH,
      HOME: '/home/alice',
      LC_ALL: 'C.UTF-8',
      https_proxy: 'http://proxy:1',
      GITHUB_TOKEN: 'ghp-given',
      AWS_ACCESS_KEY_ID: 'aws-given',
    });
  });

  it('sees none of any provider that is known, whichever soul.yaml uses', () => {
    const bare = shellEnvironment(parseSoul('agents: { root: { model: offline/x } }', 'soul.yaml'), keys);
    expect(bare).toEqual({});
    for (const name of ['OPENROUTER_API_KEY', 'GROQ_API_KEY']) expect(PROVIDER_KEYS).toContain(name);
    expect(PROVIDER_SECRETS).toContain('AWS_SECRET_ACCESS_KEY');
  });
});

describe('a server that soul.yaml starts', () => {
  it('sees what any program needs and its own env, nothing else', async () => {
    const script = join(import.meta.dirname, '../fixtures/environment-server.mjs');
    const agent = await startAgent(
      `
models: { m: { provider: openai, model: x, base_url: "http://127.0.0.1:1/v1" } }
agents:
  root:
    model: m
    toolsets:
      - { type: mcp, command: ${process.execPath}, args: ["${script}"], env: { OWN: "a-$MY_KEY", OTHER: "\${env.SEARCH_KEY}" } }
`,
      { environment },
    );
    const { body } = await agent.call('GET', '/api/agents/soul/root/tools/count');
    expect(body).toEqual({ available_tools: 1 });
    const seen = JSON.parse(readFileSync(join(agent.folder, 'seen.json'), 'utf8'));
    expect(
      Object.values(seen).join(' ').replace('secret-mine', '').replace('secret-search', ''),
    ).not.toContain('secret');
    expect(seen).toMatchObject({
      HOME: '/home/alice',
      LC_ALL: 'C.UTF-8',
      https_proxy: 'http://proxy:1',
      OWN: 'a-secret-mine',
      OTHER: 'secret-search',
    });
    expect(seen).not.toHaveProperty('GITHUB_TOKEN');
  });

  it('is told which variable is missing', () => {
    expect(() => ownEnvironment({ A: '$ABSENT' }, {})).toThrow(/ABSENT is not set/);
    const value = `\${env.ABSENT || "x"}-$B`;
    expect(ownEnvironment({ A: value }, { B: '$C' })).toEqual({ A: 'x-$C' });
  });
});
