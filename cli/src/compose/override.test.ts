import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_PROVIDERS, PROVIDER_ADDRESSES, PROVIDER_SECRETS } from '@mobyclaw/protocol/model-providers';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { type OverrideOptions, writeOverride } from './override.ts';
import { readOwnerVariables } from './owner-variables.ts';

function place(files: { workspaces?: string; credentials?: string } = {}) {
  const root = temporaryFolder();
  const [home, checkout, notes] = ['home', 'checkout', 'notes'].map((name) => join(root, name));
  for (const folder of [home, checkout, notes]) mkdirSync(folder ?? '');
  if (home === undefined || checkout === undefined || notes === undefined) throw new Error('unreachable');
  if (files.workspaces !== undefined)
    writeFileSync(join(home, 'workspaces.conf'), files.workspaces.replaceAll('ROOT', root));
  if (files.credentials !== undefined) writeFileSync(join(home, 'credentials.env'), files.credentials);
  return { root, home, checkout, notes, file: join(checkout, 'docker-compose.override.yml') };
}

const write = ({ home, checkout }: { home: string; checkout: string }, options?: OverrideOptions) =>
  writeOverride(home, checkout, {}, options);

const valuesOf = async (home: string) =>
  Object.fromEntries((await readOwnerVariables(home)).credentials.map(({ name, value }) => [name, value]));

/** Of the version before secrets were files. */
const OLDER = {
  base: { services: ['moby', 'gateway', 'memory', 'workspace'], readsSecretFiles: false },
} as const;

test('nothing to say: no file, and an old one goes', async () => {
  const at = place({ workspaces: 'notes=ROOT/notes\n' });
  await write(at);
  expect(existsSync(at.file)).toBe(true);
  writeFileSync(join(at.home, 'workspaces.conf'), '# notes=/x\n');
  await write(at);
  expect(existsSync(at.file)).toBe(false);
});

test('no secret is in it, only a mark of those that a service has, so that another one makes Compose replace it', async () => {
  const at = place({ credentials: 'GITHUB_TOKEN=ghp_1\n' });
  await write(at, { marks: { moby: 'mark-1', memory: 'mark-2', other: 'mark-3' } });
  const text = readFileSync(at.file, 'utf8');
  expect(parse(text).services).toEqual({
    moby: { labels: { 'mobyclaw.secrets': 'mark-1' } },
    memory: { labels: { 'mobyclaw.secrets': 'mark-2' } },
  });
  expect(text).not.toContain('ghp_1');
});

test('a docker-compose.yml of a version before gets them as it expects them, and hears of no service that it lacks', async () => {
  const at = place({ credentials: 'GITHUB_TOKEN=ghp_1\nexport AWS_REGION="eu"\n' });
  const versions = { engine: '25.0.3', compose: '2.26.1' };
  const base = { ...OLDER.base, services: ['moby', 'gateway'] };
  await write(at, { base, marks: { moby: 'mark', memory: 'mark' }, versions });
  const { services } = parse(readFileSync(at.file, 'utf8'));
  expect(Object.keys(services)).toEqual(['moby', 'gateway']);
  expect(services.moby.labels).toBeUndefined();
  expect(services.moby.environment).toEqual({
    GITHUB_TOKEN: 'ghp_1',
    AWS_REGION: 'eu',
    MOBYCLAW_CREDENTIAL_NAMES: 'AWS_REGION,GITHUB_TOKEN',
  });
});

test('workspaces go to both but for `none`; nobody else may read the file', async () => {
  const at = place({
    workspaces: 'notes=ROOT/notes\nsecret=ROOT/notes:none\nread=ROOT/notes:ro\n',
  });
  await write(at);
  expect(statSync(at.file).mode & 0o777).toBe(0o600);
  const { services } = parse(readFileSync(at.file, 'utf8'));
  expect(Object.keys(services)).toEqual(['moby', 'workspace']);
  const mounts = (service: { volumes: { target: string; read_only: boolean }[] }) =>
    service.volumes.map(({ target, read_only }) => `${target} ${read_only ? 'ro' : 'rw'}`);
  expect(mounts(services.moby)).toEqual(['/workspace/notes rw', '/workspace/read ro']);
  expect(mounts(services.workspace)).toEqual([
    '/workspace/notes rw',
    '/workspace/secret ro',
    '/workspace/read ro',
  ]);
  expect(JSON.parse(services.workspace.environment.MOBYCLAW_WORKSPACES)).toMatchObject({
    secret: { path: '/workspace/secret', mode: 'none' },
  });
});

test("the owner's own override file is not replaced", async () => {
  const at = place({ workspaces: 'notes=ROOT/notes' });
  writeFileSync(at.file, 'services: {}\n');
  await expect(write(at)).rejects.toThrow(/was not written by Mobyclaw/);
  expect(readFileSync(at.file, 'utf8')).toBe('services: {}\n');
});

test('a folder that is missing, or that would show too much, is refused by name', async () => {
  const at = place({
    workspaces: [
      'gone=ROOT/gone',
      'file=ROOT/home/workspaces.conf',
      'data=ROOT/home',
      'above=ROOT',
      'program=ROOT/checkout/src',
      'link=ROOT/link',
      'socket=/var/run',
      'all=/',
      'fine=ROOT/notes',
    ].join('\n'),
  });
  mkdirSync(join(at.checkout, 'src'));
  symlinkSync(at.home, join(at.root, 'link'));
  const message = await write(at).then(
    () => '',
    (error: Error) => error.message,
  );
  const lines = message.split('\n');
  expect(lines.map((line) => /line (\d+): workspace "(\w+)"/.exec(line)?.slice(1).join(' '))).toEqual([
    '1 gone',
    '2 file',
    '3 data',
    '4 above',
    '5 program',
    '6 link',
    '7 socket',
    '8 all',
  ]);
  expect(lines[0]).toContain(
    `there is no folder ${at.root}/gone. Create it, or give another one. Or remove the line.`,
  );
  expect(lines[5]).toContain('would show Moby the data directory');
  expect(lines[6]).toContain('would show Moby the socket of Docker');
  expect(existsSync(at.file)).toBe(false);
});

test.each([
  ['MOBYCLAW_MCP_TOKEN=x', 'line 1: the name MOBYCLAW_MCP_TOKEN is reserved'],
  ['OK=1\nNODE_OPTIONS=--require=/tmp/x', 'line 2: the name NODE_OPTIONS is reserved'],
  ['TELEGRAM_BOT_TOKEN=1:x', 'TELEGRAM_BOT_TOKEN belongs into .env'],
  ['my-key=x', 'line 1: "my-key" cannot be the name of a variable'],
  ['A=1\nTOKEN: hidden', 'line 2: write it as NAME=value.'],
])('credentials.env with %j is refused', async (credentials, said) => {
  const at = place({ credentials });
  const failing = readOwnerVariables(at.home);
  await expect(failing).rejects.toThrow(said);
  await expect(failing).rejects.not.toThrow('hidden');
});

test('a # in a value is part of it, and so it is for Compose', async () => {
  const at = place({ credentials: 'A=abc#def\nB=abc #def\n' });
  expect(await valuesOf(at.home)).toEqual({ A: 'abc#def', B: 'abc' });
});

test('a value of several lines is one value', async () => {
  const at = place({ credentials: 'PEM="-----BEGIN-----\nabc\n-----END-----"\n' });
  expect(await valuesOf(at.home)).toEqual({
    PEM: '-----BEGIN-----\nabc\n-----END-----',
  });
});

test('to a version before, what soul.yaml names is handed on by name, its value left where it is', async () => {
  const at = place({ credentials: 'GIVEN=x\n' });
  const soul = `
models: { m: { provider: acme, model: x, token_key: MY_KEY }, b: { provider: amazon-bedrock, model: y } }
providers: { acme: { base_url: "http://x/v1", token_key: ACME_KEY } }
agents:
  root:
    model: m
    instruction: do not read \${env.SPOKEN_OF}
    toolsets:
      - { type: mcp, remote: { url: "\${env.MOBYCLAW_MEMORY_URL}/mcp", headers: { A: "Bearer \${env.SEARCH_KEY}" } } }
      - { type: mcp, command: x, env: { K: "$STDIO_KEY", T: "\${TELEGRAM_BOT_TOKEN}", G: "$GIVEN" } }
`;
  writeFileSync(join(at.home, 'soul.yaml'), soul);
  await write(at, OLDER);
  const { environment } = parse(readFileSync(at.file, 'utf8')).services.moby;
  const { GIVEN, MOBYCLAW_CREDENTIAL_NAMES, ...named } = environment;
  expect([GIVEN, MOBYCLAW_CREDENTIAL_NAMES]).toEqual(['x', 'GIVEN']);
  expect(new Set(Object.values(named))).toEqual(new Set([null]));
  expect(Object.keys(named)).toEqual(
    [
      'MY_KEY',
      'ACME_KEY',
      'SEARCH_KEY',
      'STDIO_KEY',
      ...(MODEL_PROVIDERS['amazon-bedrock']?.more ?? []),
    ].sort(),
  );
});

test('docker-compose.yml hands egress the addresses of models, and nobody a key', () => {
  const file = join(import.meta.dirname, '../../../docker-compose.yml');
  const { services } = parse(readFileSync(file, 'utf8'), { merge: true });
  expect(Object.keys(services.egress.environment)).toEqual(expect.arrayContaining([...PROVIDER_ADDRESSES]));
  for (const { environment } of Object.values<{ environment: object }>(services))
    expect(Object.keys(environment).filter((name) => PROVIDER_SECRETS.includes(name))).toEqual([]);
});

test('where the engine knows an interval for the start, health checks are seldom after it; an older one is spared the word', async () => {
  const at = place();
  let marks = {};
  const written = async (engine: string, compose: string) => {
    await write(at, { versions: { engine, compose }, marks });
    return existsSync(at.file) ? parse(readFileSync(at.file, 'utf8')).services : null;
  };
  const services = await written('25.0.3', '2.26.1');
  expect(Object.keys(services).toSorted()).toEqual(['egress', 'gateway', 'memory', 'moby', 'workspace']);
  for (const service of Object.values(services))
    expect(service).toEqual({ healthcheck: { interval: '60s', start_interval: '1s' } });
  expect(await written('20.10.24', '2.26.1')).toBeNull();
  expect(await written('27.1.0', '2.20.3')).toBeNull();
  marks = { moby: 'mark' };
  expect((await written('28.0.0', '5.0.1')).moby).toEqual({
    healthcheck: { interval: '60s', start_interval: '1s' },
    labels: { 'mobyclaw.secrets': 'mark' },
  });
});
