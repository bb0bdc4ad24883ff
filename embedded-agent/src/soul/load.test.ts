import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSoul, parseSoul, SoulError } from './load.ts';
import { CAGENT_ONLY_KEYS, CAGENT_ONLY_TOOLSETS } from './schema.ts';

const MINIMAL = 'version: "7"\nagents:\n  root:\n    model: openai/gpt-5-mini\n';

function fault(text: string): string {
  try {
    parseSoul(text, 'soul.yaml');
  } catch (error) {
    if (error instanceof SoulError) return error.message;
    throw error;
  }
  throw new Error('the file was accepted');
}

describe('soul.yaml', () => {
  it('is read with everything that this agent runs', () => {
    const soul = parseSoul(
      `version: "7"
providers:
  lite: { api_type: openai_chatcompletions, base_url: http://127.0.0.1:4000/v1, token_key: LITE_KEY }
models:
  main: { provider: anthropic, model: claude-sonnet-4-5, max_tokens: 16000, temperature: 0.3, thinking_budget: 4096 }
agents:
  root:
    model: main
    description: Moby
    welcome_message: Hi
    instruction: Be kind.
    add_date: true
    add_environment_info: true
    add_prompt_files: [agent/MEMORY.md]
    max_iterations: 40
    num_history_items: 60
    toolsets:
      - type: mcp
        remote: { url: "\${env.URL}/mcp", transport_type: streamable, headers: { X: "\${headers.X}" } }
        tools: [memory_search]
      - { type: mcp, command: node, args: [x.js], env: { A: "$B" } }
      - type: shell
      - type: filesystem
      - { type: fetch, timeout: 5 }
      - type: think
      - { type: todo, instruction: Plan. }
permissions: { allow: ["*"], deny: ["shell:cmd=rm *"] }
`,
      'soul.yaml',
    );
    expect(soul.agents.root.toolsets).toHaveLength(7);
    expect(soul.permissions?.deny).toEqual(['shell:cmd=rm *']);
  });

  it('reports a syntax error with line and column', () => {
    expect(fault('version: "7"\nagents:\n  root: [\n')).toMatch(/^soul\.yaml line 4, column 1: /);
  });

  it('reports a file that is no table of keys as a whole', () => {
    for (const text of ['- a\n- b\n', 'just words\n'])
      expect(fault(text)).toMatch(/^soul\.yaml line 1, column 1: the file: \S/);
  });

  it('reports an unknown key by name, with its line', () => {
    expect(fault(`${MINIMAL}    instrction: hi\n`)).toBe(
      'soul.yaml line 5, column 5: unknown key "agents.root.instrction"; check its spelling and indentation',
    );
  });

  it.each(['hooks', 'cache', 'rag', 'max_tool_result_tokens'])('says that it does not support %s', (key) => {
    expect(fault(`${MINIMAL}    ${key}: {}\n`)).toContain(
      `line 5, column 5: the embedded agent does not support "agents.root.${key}"`,
    );
  });

  it('says that it does not support rag at the top', () => {
    expect(fault(`${MINIMAL}rag: {}\n`)).toContain(
      'line 5, column 1: the embedded agent does not support "rag"',
    );
  });

  it('reads other agents beside root, also by merge keys, as strictly as root', () => {
    const soul = parseSoul(
      'agents:\n  root: &root\n    model: x/y\n    toolsets: [{ type: think }]\n' +
        '  heartbeat:\n    <<: *root\n    model: x/small\n',
      'soul.yaml',
    );
    expect(soul.agents.heartbeat).toEqual({ model: 'x/small', toolsets: [{ type: 'think' }] });
    expect(fault(`${MINIMAL}  helper: { model: x/y, commands: {} }\n`)).toContain(
      'the embedded agent does not support "agents.helper.commands"',
    );
    expect(fault(`${MINIMAL}  helper: { modle: x/y }\n`)).toContain('unknown key "agents.helper.modle"');
    expect(fault('agents:\n  heartbeat: { model: x/y }\n')).toContain('"root" is missing');
  });

  it('names a sub-agent that is not there, with its place', () => {
    expect(fault(`${MINIMAL}    sub_agents: [reader]\n  writer: { model: x/y }\n`)).toBe(
      'soul.yaml line 5, column 18: agents.root.sub_agents.0: there is no agent "reader"',
    );
    expect(fault(`${MINIMAL}    sub_agents: [root]\n`)).toContain('no sub-agent of itself');
  });

  it('names toolset types that cagent knows, and those that nobody knows', () => {
    expect(fault(`${MINIMAL}    toolsets: [{ type: lsp }]\n`)).toContain(
      'does not support toolsets of type "lsp"',
    );
    expect(fault(`${MINIMAL}    toolsets: [{ type: shel }]\n`)).toContain('unknown toolset type "shel"');
  });

  it('names a value of the wrong kind and a missing one', () => {
    expect(fault(`${MINIMAL}    max_iterations: many\n`)).toMatch(
      /line 5, column 21: agents\.root\.max_iterations: /,
    );
    expect(fault('agents:\n  root:\n    description: x\n')).toContain(
      '"model" is missing (agents.root.model)',
    );
    expect(fault('')).toContain('is empty');
  });

  it('wants a transport for a remote MCP server, as cagent does', () => {
    expect(fault(`${MINIMAL}    toolsets: [{ type: mcp, remote: { url: "http://x/mcp" } }]\n`)).toContain(
      'transport_type',
    );
    expect(fault(`${MINIMAL}    toolsets: [{ type: mcp }]\n`)).toContain(
      'needs either "remote" or "command"',
    );
  });
});

it('what is refused because cagent alone runs it stands in the docs, and nothing that runs', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/soul.md'), 'utf8');
  const table = docs.slice(docs.indexOf('## What the embedded agent')).match(/(?<=`)[a-z0-9_]+(?=`)/g) ?? [];
  const read = ['remote', 'metadata', 'version', 'allow_private_ips', 'strict', 'structured_output'];
  expect(new Set(table)).toEqual(new Set([...CAGENT_ONLY_KEYS, ...CAGENT_ONLY_TOOLSETS, ...read]));
});

it('the soul that Moby is delivered with is one that this agent runs', () => {
  const soul = loadSoul(join(import.meta.dirname, '../../../agents/moby/soul.yaml'));
  expect(soul.agents.root.toolsets?.map((toolset) => toolset.type)).toContain('mcp');
});

it('so it is with the agent of its own for heartbeats that it shows how to write', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../agents/moby/soul.yaml'), 'utf8')
    .replace(/# (small: \{)/, '$1')
    .replace(/# (heartbeat:)\n {2}# ( {2}<<: \*root)\n {2}# ( {2}model: small)/, '$1\n  $2\n  $3');
  const { root, heartbeat } = parseSoul(text, 'soul.yaml').agents;
  expect(heartbeat).toEqual({ ...root, model: 'small' });
});
