import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MALLOC_SETTINGS } from '@mobyclaw/lib/process-memory';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, expect, test } from 'vitest';
import { findEngine } from './engine.ts';
import { serveCommand, takesToken } from './engine-command.ts';
import { isAtLeast, parseVersion } from './engine-version.ts';

const EMBEDDED = fileURLToPath(new URL('fixtures/stand-in-agent.mjs', import.meta.url));

function program(folder: string, name: string, script: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const search = (wanted: string | undefined, ...folders: string[]) =>
  findEngine({ wanted, path: folders.join(':'), embeddedBundle: EMBEDDED, env: {} });

describe('which engine', () => {
  test('docker-agent before cagent before the embedded one', async () => {
    const folder = temporaryFolder();
    expect(await search(undefined, folder)).toMatchObject({
      kind: 'embedded',
      version: '1.32.3-19-g0d76412a',
    });
    const cagent = program(folder, 'cagent', 'echo cagent version v1.29.0');
    expect(await search(undefined, folder)).toMatchObject({
      command: cagent,
      kind: 'cagent',
      version: '1.29.0',
    });
    const docker = program(folder, 'docker-agent', 'echo docker-agent version v1.149.0');
    expect(await search(undefined, folder)).toMatchObject({ command: docker, version: '1.149.0' });
    expect(await search('cagent', folder)).toMatchObject({ command: docker });
    expect(await search('embedded', folder)).toMatchObject({ kind: 'embedded' });
  });

  test('a program that does not answer is not taken', async () => {
    const folder = temporaryFolder();
    const broken = program(folder, 'docker-agent', 'echo no such thing >&2; exit 1');
    expect(await search(undefined, folder)).toMatchObject({ kind: 'embedded' });
    await expect(search('cagent', folder)).rejects.toThrow(`${broken} version failed`);
  });

  test('an engine that does not name its version is taken, without one', async () => {
    const folder = temporaryFolder();
    program(folder, 'docker-agent', 'echo docker-agent version unknown');
    expect(await search(undefined, folder)).toMatchObject({ kind: 'cagent', version: '', numbers: null });
  });

  test('a wish that cannot be met says what to do', async () => {
    const folder = temporaryFolder();
    await expect(search('cagent', folder)).rejects.toThrow(
      /on the PATH; install it or set MOBYCLAW_AGENT=embedded/,
    );
    await expect(search('claude', folder)).rejects.toThrow(/set it to cagent or embedded/);
    await expect(
      findEngine({ wanted: 'embedded', path: '', embeddedBundle: join(folder, 'none.js'), env: {} }),
    ).rejects.toThrow(/build the project again/);
  });
});

test('versions are read from whatever is around them', () => {
  expect(parseVersion('docker-agent version v1.32.3-19-g0d76412a\nCommit: 0d76412a')).toEqual({
    text: '1.32.3-19-g0d76412a',
    version: { major: 1, minor: 32, patch: 3 },
  });
  expect(parseVersion('docker-agent version v1.123.0+g196e94c39')?.text).toBe('1.123.0+g196e94c39');
  expect(parseVersion('0.1.0\n')?.text).toBe('0.1.0');
  expect(parseVersion('docker-agent version dev')).toBeNull();
  expect(isAtLeast({ major: 1, minor: 135, patch: 0 }, 1, 135)).toBe(true);
  expect(isAtLeast({ major: 1, minor: 134, patch: 9 }, 1, 135)).toBe(false);
  expect(isAtLeast({ major: 2, minor: 0, patch: 0 }, 1, 135)).toBe(true);
  expect(isAtLeast(null, 1, 0)).toBe(false);
});

describe('command line', () => {
  const engine = (version: string, kind: 'cagent' | 'embedded' = 'cagent') => ({
    kind,
    version,
    command: '/bin/agent',
    prefix: [],
    numbers: parseVersion(version)?.version ?? null,
  });
  const options = {
    soul: '/s/soul.yaml',
    listen: 'unix:///s/agent.sock',
    sessionDb: '/s/session.db',
    cwd: '/s',
    kit: '/agent',
    env: { PATH: '/bin', TELEMETRY_ENABLED: 'true' },
    token: 'secret',
  };

  test('serves the one file, keeps no telemetry, fetches no programs', () => {
    const { args, env, cwd } = serveCommand(engine('1.32.3'), options);
    expect(args).toEqual([
      ...['serve', 'api', '/s/soul.yaml', '--listen', 'unix:///s/agent.sock'],
      ...['--session-db', '/s/session.db'],
    ]);
    expect(env).toEqual({
      PATH: '/bin',
      TELEMETRY_ENABLED: 'false',
      DOCKER_AGENT_HIDE_TELEMETRY_BANNER: '1',
      DOCKER_AGENT_AUTO_INSTALL: 'false',
      DOCKER_AGENT_KIT_DIR: '/agent',
    });
    expect(cwd).toBe('/s');
  });

  test('takes large pictures where the engine can be told to', () => {
    expect(serveCommand(engine('1.123.9'), options).args).not.toContain('--max-request-size');
    expect(serveCommand(engine('1.124.0'), options).args).toContain('--max-request-size');
    expect(serveCommand(engine('1.124.0', 'embedded'), options).args).not.toContain('--max-request-size');
  });

  test('asks for a token only where the engine knows the flag', () => {
    expect(serveCommand(engine('1.69.0'), options).args.slice(-2)).toEqual(['--auth-token', 'secret']);
    expect(takesToken(engine('1.68.9'))).toBe(false);
    const embedded = serveCommand(engine('0.1.0', 'embedded'), options);
    expect(embedded.env.MOBYCLAW_AGENT_TOKEN).toBe('secret');
    expect(embedded.args).not.toContain('secret');
  });

  test('the engine that is ours is kept small', () => {
    expect(serveCommand(engine('0.1.0', 'embedded'), options).env).toMatchObject(MALLOC_SETTINGS);
  });
});
