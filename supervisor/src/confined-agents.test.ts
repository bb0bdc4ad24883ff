// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what the engine expands
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { addConfinedAgents } from './confined-agents.ts';
import { parseVersion } from './engine-version.ts';
import { fitSoul } from './fit-soul.ts';

const SHIPPED = readFileSync(fileURLToPath(new URL('../../agents/moby/soul.yaml', import.meta.url)), 'utf8');

interface Toolset {
  type: string;
  remote?: { url: string };
}

const kindsOf = ({ toolsets }: { toolsets: Toolset[] }): string[] =>
  toolsets.map(({ type, remote }) => remote?.url ?? type);

const OURS = ['${env.MOBYCLAW_MEMORY_URL}/mcp', '${env.MOBYCLAW_GATEWAY_URL}/mcp'];

const OLDER = `version: "7"
agents:
  root:
    model: m
    instruction: |
      You are "Moby".
        \${headers.X}
    sub_agents: [coder]
    commands: { x: y }
    toolsets:
      - &memory
        type: mcp
        remote: { url: "\${env.MOBYCLAW_MEMORY_URL}/mcp", headers: { X-Moby-Turn: "\${headers.X-Moby-Turn}" } }
      - { type: mcp, remote: { url: "\${env.MOBYCLAW_WORKSPACE_URL}/mcp" } }
      - { type: mcp, remote: { url: "\${env.MOBYCLAW_GATEWAY_URL}/mcp" } }
      - { type: mcp, command: github }
      - { type: mcp, ref: docker:github }
      - type: shell
      - type: filesystem
      - type: script
      - type: fetch
      - type: think
  coder: { model: m, toolsets: [{ type: shell }] }   # his own

# what follows
permissions:
  allow: ["*"]
`;

const EMBEDDED = { kind: 'embedded', numbers: null } as const;
const cagent = (version: string) =>
  ({ kind: 'cagent', numbers: parseVersion(version)?.version ?? null }) as const;

test('the file as it comes gets both agents, without shell, files and workspaces', () => {
  const { agents } = parse(addConfinedAgents(SHIPPED, EMBEDDED));
  expect(kindsOf(agents.guest)).toEqual([...OURS, 'fetch', 'think', 'todo']);
  expect(kindsOf(agents.webhook)).toEqual([...OURS, 'think', 'todo']);
  const { toolsets: _, skills: __, ...settings } = agents.root; // skills are the owner's alone
  expect(agents.guest).toMatchObject(settings); // instruction, model and all
  const fitted = fitSoul(addConfinedAgents(SHIPPED, cagent('1.149.0')), cagent('1.149.0'));
  const raised = parse(fitted).agents;
  for (const { remote, ...rest } of raised.guest.toolsets)
    if (remote) expect(rest).toMatchObject({ allow_private_ips: true });
});

test('what the owner adds to root in the file as it comes is nobody else’s', () => {
  const source = SHIPPED.replace(
    '    toolsets:\n',
    '    sub_agents: [coder]\n    handoffs: [coder]\n    toolsets:\n      - { type: api, name: bank }\n',
  ).replace('\nagents:\n', '\nagents:\n  coder: { model: moby, toolsets: [{ type: shell }] }\n');
  const { agents } = parse(addConfinedAgents(source, EMBEDDED), { merge: true });
  expect(agents.root.sub_agents).toEqual(['coder']);
  for (const agent of [agents.guest, agents.webhook])
    expect(JSON.stringify(agent)).not.toMatch(/coder|bank|shell"/);
});

test.each([
  ['1.32.3', false],
  ['1.68.0', false],
  ['1.69.0', true],
  ['1.149.0', true],
  ['a version that is not known', false],
])('a guest of cagent %s has the web: %s, as his fetch ends at public addresses', (version, has) => {
  const { agents } = parse(addConfinedAgents(SHIPPED, cagent(version)));
  expect(kindsOf(agents.guest).includes('fetch')).toBe(has);
  expect(kindsOf(agents.root)).toContain('fetch');
});

test('that root may fetch private addresses gives a guest none', () => {
  const fetches = '- { type: fetch, allow_private_ips: true, blocked_domains: [evil.example] }';
  const { agents } = parse(
    addConfinedAgents(SHIPPED.replace('- type: fetch ', `${fetches} `), cagent('1.149.0')),
  );
  expect(agents.root.toolsets).toContainEqual(expect.objectContaining({ allow_private_ips: true }));
  expect(agents.guest.toolsets).toContainEqual({ type: 'fetch', blocked_domains: ['evil.example'] });
});

test('an older file gets them from its root, with what is known to be harmless and no more', () => {
  const text = addConfinedAgents(OLDER, EMBEDDED);
  expect(text.replace(/\n {2}(guest|webhook): \{.*/g, '')).toBe(OLDER);
  const { agents, permissions } = parse(text);
  expect(Object.keys(agents)).toEqual(['root', 'coder', 'guest', 'webhook']);
  const { toolsets, ...settings } = agents.guest;
  expect(settings).toEqual({ model: 'm', instruction: 'You are "Moby".\n  ${headers.X}\n' });
  expect(toolsets[0].remote.headers).toEqual({ 'X-Moby-Turn': '${headers.X-Moby-Turn}' });
  expect(kindsOf(agents.guest)).toEqual([...OURS, 'fetch', 'think']);
  expect(kindsOf(agents.webhook)).toEqual([...OURS, 'think']);
  expect(permissions).toEqual({ allow: ['*'] });
  expect(addConfinedAgents(text, EMBEDDED)).toBe(text);
});

test.each([
  ['a flow', 'agents: { root: { model: m, toolsets: [{type: shell}] } }\nmodels: {}\n'],
  ['a flow with a comma', 'agents: {\n  root: {model: m},\n}\n'],
  ['an end without a newline', 'agents:\n  root:\n    model: m'],
  ['Windows lines', 'agents:\r\n  root:\r\n    model: m\r\nmodels: {}\r\n'],
  [
    'an agent of his own',
    'agents:\n  guest: {model: g, toolsets: [{type: shell}]}\n  root: &r\n    model: m\n    toolsets:\n    - type: shell\n',
  ],
  ['an alias', 'x: &r {model: m, toolsets: [{type: shell}]}\nagents:\n  root: *r\n'],
  [
    'a shell with the address of a server of ours',
    "agents:\n  root:\n    model: m\n    toolsets: [{type: shell, remote: {url: '${env.MOBYCLAW_MEMORY_URL}/mcp'}}]\n",
  ],
  [
    'a merge',
    'agents:\n  base: &b {model: m, toolsets: [{type: shell}, {type: think}]}\n  root:\n    <<: *b\n',
  ],
])('%s', (name, source) => {
  const { agents } = parse(addConfinedAgents(source, EMBEDDED), { merge: true });
  expect(agents.webhook.model).toBe('m');
  expect(JSON.stringify(agents.webhook)).not.toContain('shell');
  expect(agents.guest.model).toBe(name === 'an agent of his own' ? 'g' : 'm');
});

test.each(['', 'agents: [unclosed', 'agents:\n  other: {model: m}\n', 'a: 1', 'agents: {root: 1}'])(
  'what has no root is left as it is: %j',
  (source) => {
    expect(addConfinedAgents(source, EMBEDDED)).toBe(source);
  },
);
