// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what Compose must not expand
/** What Compose would really run, for names, paths and values that are meant to lead it astray. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeOverride } from '@mobyclaw/cli/compose/override';
import { requireDocker } from '@mobyclaw/testkit/require-docker';
import { describe, expect, onTestFinished, test } from 'vitest';
import { COMPOSE_FILE, tryDocker } from './docker.ts';

const INIT_WRITES = {
  MOBYCLAW_UID: '1000',
  MOBYCLAW_GID: '1000',
  MOBYCLAW_AGENT_TOKEN: 'agent-token',
  MOBYCLAW_MCP_TOKEN: 'mcp-token',
  MOBYCLAW_CONTROL_TOKEN: 'control-token',
  MOBYCLAW_MEMORY_TOKEN: 'memory-token',
  MOBYCLAW_CAPABILITY_KEY: 'capability-key',
  MOBYCLAW_EGRESS_TOKEN: 'egress-token',
  MOBYCLAW_MODEL_KEY: 'sk-moby-model-key',
  COMPOSE_DISABLE_ENV_FILE: 'true',
};

/** In no temporary folder of the test kit: the paths go through the mount table of Compose, which shows them resolved. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mobyclaw-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Service {
  environment: Record<string, string>;
  volumes?: { type: string; source: string; target: string; read_only?: boolean }[];
  [key: string]: unknown;
}

async function configOf(files: { workspaces?: string; credentials?: string }, home = newFolder()) {
  const checkout = newFolder();
  if (files.workspaces !== undefined) writeFileSync(join(home, 'workspaces.conf'), files.workspaces);
  if (files.credentials !== undefined) writeFileSync(join(home, 'credentials.env'), files.credentials);
  await writeOverride(home, checkout, {});
  const override = join(checkout, 'docker-compose.override.yml');
  const { code, stdout, stderr } = await tryDocker(
    ['compose', '-f', COMPOSE_FILE, '-f', override, 'config', '--format', 'json'],
    { ...INIT_WRITES, MOBYCLAW_HOME: home },
  );
  expect([code, stderr]).toEqual([0, '']);
  // `config` doubles each `$`, so that its output could be read in again.
  const { services } = JSON.parse(stdout.replaceAll('$$', '$')) as { services: Record<string, Service> };
  return services;
}

const mountsOf = (service: Service | undefined) =>
  (service?.volumes ?? [])
    .filter(({ target }) => target.startsWith('/workspace/'))
    .map(({ type, source, target, read_only }) => [type, source, target, read_only === true ? 'ro' : 'rw']);

describe.skipIf(!requireDocker())('docker compose config', () => {
  test.each([
    ['plain', 'notes'],
    ['blanks', 'with  two blanks'],
    ['quotes', `it's "quoted" \`so\``],
    ['colons', 'a:b: c'],
    ['mode-like', 'looks:ro'],
    ['hash', '# not a comment #'],
    ['größe-日本', 'grün/日本語/🦎'],
    ['star', '*alias'],
    ['anchor', '&anchor !!tag %x @y'],
    ['dollar', '$HOME ${MOBYCLAW_MCP_TOKEN} $$x'],
    ['backslash', 'back\\slash \\n'],
    ['brackets', '[a]{b}, - c'],
    ['yes', 'no'],
    ['1.20', '1:20'],
  ])('workspace %j at …/%s', async (name, path) => {
    const source = join(newFolder(), path);
    mkdirSync(source, { recursive: true });
    const services = await configOf({ workspaces: `${name}=${source}:ro\n` });
    const expected = [['bind', source, `/workspace/${name}`, 'ro']];
    expect(mountsOf(services.moby)).toEqual(expected);
    expect(mountsOf(services.workspace)).toEqual(expected);
    expect(JSON.parse(services.workspace?.environment.MOBYCLAW_WORKSPACES ?? '')).toEqual({
      [name]: { path: `/workspace/${name}`, mode: 'ro' },
    });
    expect(mountsOf(services.gateway)).toEqual([]);
    expect(mountsOf(services.memory)).toEqual([]);
  });

  test.each([
    ['NO', 'no'],
    ['DOLLAR', 'a$b${MOBYCLAW_MCP_TOKEN}$$c'],
    ['YAML', 'x: {y: [z]} # & * ! | > %'],
    ['QUOTES', '"double" and `back`'],
    ['STAR', '*anchor'],
    ['UNICODE', 'grün 日本 🦎'],
    ['INJECTION', 'x"\n    privileged: true\n    volumes: ["/:/host"]\n#'],
  ])('credential %s survives, and is only a value', async (name, value) => {
    const plain = await configOf({ credentials: 'OTHER=x\n' });
    const services = await configOf({ credentials: `OTHER=x\n${name}='${value}'\n` });
    expect(services.moby?.environment[name]).toBe(value);
    const { [name]: _, MOBYCLAW_CREDENTIAL_NAMES: names, ...environment } = services.moby?.environment ?? {};
    expect(names?.split(',').toSorted()).toEqual(['OTHER', name].toSorted());
    Object.assign(environment, { MOBYCLAW_CREDENTIAL_NAMES: 'OTHER' });
    const rest = { ...services, moby: { ...services.moby, environment } };
    expect(withoutHome(rest)).toEqual(withoutHome(plain));
  });

  test.each([
    'x"]\n    privileged: true\n#=/tmp',
    'notes\n  evil:\n    image: x=/tmp',
    '../moby=/tmp',
    'a/b=/tmp',
    'a: b=/tmp',
    '"a"=/tmp',
    '${HOME}=/tmp',
  ])('a workspace name that is YAML or a path is refused: %j', async (line) => {
    await expect(configOf({ workspaces: line })).rejects.toThrow(/line \d+/);
  });

  test('before init it says what to run', async () => {
    const { code, stderr } = await tryDocker(['compose', '-f', COMPOSE_FILE, 'config'], {
      COMPOSE_DISABLE_ENV_FILE: 'true',
    });
    expect(code).not.toBe(0);
    expect(stderr).toContain('run ./mobyclaw init first');
  });

  test('with a .env from before there were as many secrets it says what to run', async () => {
    const { MOBYCLAW_CONTROL_TOKEN, MOBYCLAW_MEMORY_TOKEN, MOBYCLAW_CAPABILITY_KEY, ...before } = INIT_WRITES;
    const env = { ...before, MOBYCLAW_HOME: newFolder() };
    const { code, stderr } = await tryDocker(['compose', '-f', COMPOSE_FILE, 'config'], env);
    expect(code).not.toBe(0);
    expect(stderr).toContain('run ./mobyclaw up, which adds it to .env');
  });

  test('each secret goes to its service and to no other', async () => {
    const home = newFolder();
    const env = { ...INIT_WRITES, MOBYCLAW_HOME: home, OPENAI_API_KEY: 'llm', TELEGRAM_BOT_TOKEN: 'bot' };
    const { stdout } = await tryDocker(['compose', '-f', COMPOSE_FILE, 'config', '--format', 'json'], env);
    const { services } = JSON.parse(stdout) as { services: Record<string, Service> };
    const having = (name: string) =>
      Object.keys(services).filter((part) => services[part]?.environment[name]);
    expect(having('OPENAI_API_KEY')).toEqual(['moby']);
    expect(having('TELEGRAM_BOT_TOKEN')).toEqual(['gateway']);
    expect(having('MOBYCLAW_AGENT_TOKEN')).toEqual(['gateway', 'moby']);
    expect(having('MOBYCLAW_CONTROL_TOKEN')).toEqual(['gateway', 'moby']); // his supervisor's
    expect(having('MOBYCLAW_MEMORY_TOKEN')).toEqual(['gateway', 'memory']);
    expect(having('MOBYCLAW_CAPABILITY_KEY')).toEqual(['gateway', 'memory']);
    expect(having('MOBYCLAW_EGRESS_TOKEN')).toEqual(['egress', 'gateway']);
    expect(having('MOBYCLAW_MODEL_KEY')).toEqual(['egress', 'moby']);
    for (const service of Object.values(services)) expect(service.env_file).toBeUndefined();
  });
});

/** The same for two data directories. */
function withoutHome(services: unknown): unknown {
  return JSON.parse(JSON.stringify(services).replaceAll(/\/[^"]*mobyclaw-config-\w+/g, '/home'));
}
