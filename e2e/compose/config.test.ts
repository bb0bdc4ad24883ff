// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what Compose must not expand
/** What Compose would really run, for names, paths and values that are meant to lead it astray. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeOverride } from '@mobyclaw/cli/compose/override';
import { SETTING_NAMES, SETTINGS } from '@mobyclaw/lib/settings';
import { PROVIDER_SECRETS } from '@mobyclaw/protocol/model-providers';
import { requireDocker } from '@mobyclaw/testkit/require-docker';
import { describe, expect, onTestFinished, test } from 'vitest';
import { COMPOSE_FILE, tryDocker } from './docker.ts';

const INIT_WRITES = {
  MOBYCLAW_UID: '1000',
  MOBYCLAW_GID: '1000',
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

async function configOf(files: { workspaces?: string }, home = newFolder()) {
  const checkout = newFolder();
  if (files.workspaces !== undefined) writeFileSync(join(home, 'workspaces.conf'), files.workspaces);
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

  test('no secret is in what Compose runs, whatever is set in .env and the environment', async () => {
    const home = newFolder();
    writeFileSync(join(home, 'credentials.env'), 'GH_TOKEN=hush-credential\n');
    await writeOverride(home, newFolder(), {}, { marks: { moby: 'mark' } });
    const secret = SETTING_NAMES.filter((name) => SETTINGS[name].secret);
    const set = [...secret, ...PROVIDER_SECRETS].map((name) => [name, `hush-${name}`] as const);
    const env = { ...INIT_WRITES, MOBYCLAW_HOME: home, ...Object.fromEntries(set) };
    const { code, stdout } = await tryDocker(['compose', '-f', COMPOSE_FILE, 'config'], env);
    expect(code).toBe(0);
    expect(stdout).not.toContain('hush');
  });

  test('each service has its own secrets mounted, read-only, and memory does not see those of the others', async () => {
    const home = newFolder();
    const env = { ...INIT_WRITES, MOBYCLAW_HOME: home };
    const { stdout } = await tryDocker(['compose', '-f', COMPOSE_FILE, 'config', '--format', 'json'], env);
    const { services } = JSON.parse(stdout) as { services: Record<string, Service> };
    for (const [name, { volumes = [], environment, env_file }] of Object.entries(services)) {
      expect(environment.MOBYCLAW_SECRETS).toBe('/run/secrets');
      expect(env_file).toBeUndefined();
      const mounts = volumes.filter(({ source }) => source.startsWith(join(home, 'run')));
      expect(mounts).toMatchObject([
        { source: join(home, 'run/secrets', name), target: '/run/secrets', read_only: true },
      ]);
    }
    expect(services.memory?.tmpfs).toContainEqual(expect.stringMatching(/^\/data\/run\/secrets:/));
  });
});
