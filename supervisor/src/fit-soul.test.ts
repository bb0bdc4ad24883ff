import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseVersion } from './engine-version.ts';
import { fitSoul, isOwnServer } from './fit-soul.ts';

const cagent = (version: string) => ({
  kind: 'cagent' as const,
  numbers: parseVersion(version)?.version ?? null,
});
const OLD = cagent('1.32.3');
const NEW = cagent('1.135.0');

const SOUL = `# Moby's soul
version: "7" # both engines
agents:
  root:
    model: m   # see below
    instruction: |
      You are Moby.
        Indented, with "quotes" and # no comment
    toolsets:
      # memory
      - type: mcp
        remote:
          url: \${env.MOBYCLAW_MEMORY_URL}/mcp
          transport_type: streamable
          headers: {Authorization: "Bearer \${env.MOBYCLAW_MCP_TOKEN}"}
      - {remote: {url: 'http://127.0.0.1:9/mcp'}, type: mcp} # flow
      - type: mcp
        remote: { url: https://mcp.example.com/mcp }
      - type: shell

models:
  m: { provider: openai, model: gpt-4o }
`;

const FITTED = SOUL.replace('version: "7"', 'version: "10"')
  .replace(
    '- type: mcp\n        remote:\n          url: $',
    '- allow_private_ips: true\n        type: mcp\n        remote:\n          url: $',
  )
  .replace('- {remote: {url', '- {allow_private_ips: true, remote: {url');

describe('fitting', () => {
  test('for an engine with the guard: our own servers are allowed, not one character else changes', () => {
    expect(fitSoul(SOUL, NEW)).toBe(FITTED);
    const toolsets = parse(FITTED).agents.root.toolsets;
    expect(toolsets.map((toolset: object) => 'allow_private_ips' in toolset)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(parse(FITTED).version).toBe('10');
  });

  test('an engine without the guard, of unknown version, or the embedded one gets the very bytes', () => {
    for (const engine of [
      OLD,
      cagent('1.134.9'),
      cagent('dev'),
      { kind: 'embedded' as const, numbers: NEW.numbers },
    ])
      expect(fitSoul(SOUL, engine)).toBe(SOUL);
  });

  test('is done once: a fitted file needs nothing', () => {
    expect(fitSoul(FITTED, NEW)).toBe(FITTED);
  });

  test('what the owner said of private addresses stays, and so does a higher version', () => {
    const refused = SOUL.replaceAll(/type: mcp/g, 'type: mcp\n        allow_private_ips: false').replace(
      /.*# flow\n/,
      '',
    );
    expect(fitSoul(refused.replace(/ {6}- \{.*\n.*\n/, ''), NEW)).not.toContain('allow_private_ips: true');
    expect(fitSoul(SOUL.replace('"7"', '"16"'), NEW)).toContain('version: "16" #');
    expect(fitSoul(SOUL.replace('version: "7"', 'version: 7'), NEW)).toContain('version: "10" #');
    expect(fitSoul(SOUL.replace('version: "7" # both engines\n', ''), NEW)).not.toContain('version');
  });

  test('a file without a server of ours is left alone', () => {
    const plain = 'version: "7"\nagents:\n  root: {model: m, toolsets: [{type: shell}]}\n';
    expect(fitSoul(plain, NEW)).toBe(plain);
  });

  test('servers shared under mcps and those behind an anchor are found', () => {
    const shared = `version: "7"\nmcps:\n  memory:\n    remote: {url: http://memory:9100/mcp}\nx: &m\n  type: mcp\n  remote: {url: http://localhost/mcp}\nagents:\n  root:\n    toolsets: [*m, {type: mcp, ref: memory}]\n`;
    const fitted = parse(fitSoul(shared, NEW));
    expect(fitted.mcps.memory.allow_private_ips).toBe(true);
    expect(fitted.agents.root.toolsets[0].allow_private_ips).toBe(true);
  });

  test('several agents: toolsets of their own, and those shared by anchors, aliases and merge keys', () => {
    const several = `version: "7"
agents:
  root: &root
    model: m
    toolsets: &tools
      - &memory
        type: mcp
        remote: &server { url: http://memory:9100/mcp }
      - type: shell
  heartbeat:
    <<: *root
    model: small
  reader:
    toolsets: *tools
  writer:
    toolsets:
      - <<: *memory
        tools: [memory_append]
      - type: mcp
        remote: *server
      - { <<: [*memory], remote: { url: https://mcp.example.com } }
      - type: mcp
        remote: { <<: *server, transport_type: streamable }
`;
    const fitted = fitSoul(several, NEW);
    const allowed = (agent: string): unknown[] =>
      parse(fitted, { merge: true }).agents[agent].toolsets.map(
        (toolset: { allow_private_ips?: boolean }) => toolset.allow_private_ips,
      );
    expect(allowed('root')).toEqual([true, undefined]);
    expect(allowed('heartbeat')).toEqual([true, undefined]);
    expect(allowed('reader')).toEqual([true, undefined]);
    expect(allowed('writer')).toEqual([true, true, true, true]); // the third inherits it and needs it not
    expect(fitSoul(fitted, NEW)).toBe(fitted);
  });

  test('an alias that goes round in a circle, or names nothing, is left to the engine', () => {
    const circle = 'version: "7"\nagents:\n  root: &r\n    <<: *r\n    toolsets: [*nothing]\n';
    expect(fitSoul(circle, NEW)).toBe(circle);
  });

  test('CRLF stays CRLF', () => {
    const fitted = fitSoul(SOUL.replaceAll('\n', '\r\n'), NEW);
    expect(fitted).toBe(FITTED.replaceAll('\n', '\r\n'));
  });

  test('what is no YAML, or no mapping, goes to the engine as it is', () => {
    for (const text of ['', ':: not [ yaml', '- a\n- b\n', 'agents:\n  root: [unclosed\n'])
      expect(fitSoul(text, NEW)).toBe(text);
  });
});

test('which servers are ours', () => {
  const own = [
    '$'.concat('{env.MOBYCLAW_MEMORY_URL}/mcp'),
    'http://127.0.0.1:80/mcp',
    'http://localhost/mcp',
    'http://[::1]:1/mcp',
    'http://memory:9100/mcp',
    'http://workspace/mcp',
  ];
  const foreign = [
    '$'.concat('{env.OTHER_URL}/mcp'),
    'https://example.com/127.0.0.1',
    'http://192.168.0.7/mcp',
    'http://memory.example.com/',
    'not a url',
  ];
  expect(own.filter((url) => !isOwnServer(url))).toEqual([]);
  expect(foreign.filter((url) => isOwnServer(url))).toEqual([]);
});
