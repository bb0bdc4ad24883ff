import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { AgentContainer } from './agent-container.ts';
import { findFreePort } from './local-port.ts';

const WITHOUT_SECRETS = fileURLToPath(new URL('../../docker/without-secrets.py', import.meta.url));
const STAND_IN = fileURLToPath(new URL('fixtures/stand-in-agent.mjs', import.meta.url));

interface Setup {
  container: AgentContainer;
  record: string;
  home: string;
}

async function setUp(environment: Record<string, string>): Promise<Setup> {
  const folder = temporaryFolder();
  const record = join(folder, 'record');
  const home = join(folder, 'home');
  for (const name of ['agent', 'sessions', 'bin', 'home']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'agent/soul.yaml'), 'version: "7"\n');
  const program = join(folder, 'bin/docker-agent');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${STAND_IN}' "$@"\n`);
  chmodSync(program, 0o755);
  const container = new AgentContainer({
    agentFolder: join(folder, 'agent'),
    sessionsFolder: join(folder, 'sessions'),
    engineFolder: join(folder, 'engine'),
    listen: { host: '127.0.0.1', port: await findFreePort() },
    control: { host: '127.0.0.1', port: 0 },
    allowedHosts: ['moby'],
    controlToken: 'control-token',
    environment: { PATH: join(folder, 'bin'), HOME: home, STAND_IN_RECORD: record, ...environment },
    embeddedBundle: STAND_IN,
    withoutSecrets: WITHOUT_SECRETS,
    clock: systemClock,
    logger: silentLogger,
  });
  onTestFinished(() => container.stop());
  return { container, record, home };
}

test('runs cagent with the environment of the container, and answers for it', async () => {
  const { container, record, home } = await setUp({
    JIRA_TOKEN: 'jira',
    MOBYCLAW_MEMORY_URL: 'http://memory:9100',
    MOBYCLAW_AGENT_LISTEN: '0.0.0.0:8080',
    STAND_IN_VERSION: 'v1.149.0',
    ANTHROPIC_BASE_URL: '', // as compose sets what .env does not
    MOBYCLAW_AGENT_TOKEN: 'agent-token',
    MOBYCLAW_CONTROL_TOKEN: 'control-token',
  });
  await container.start();
  const { env, argv } = JSON.parse(readFileSync(record, 'utf8'));
  expect(env).toMatchObject({ JIRA_TOKEN: 'jira', MOBYCLAW_MEMORY_URL: 'http://memory:9100' });
  expect(env).toMatchObject({ TELEMETRY_ENABLED: 'false' });
  expect(env.MOBYCLAW_AGENT_LISTEN).toBeUndefined();
  expect(env).not.toHaveProperty('ANTHROPIC_BASE_URL');
  expect(JSON.stringify([env, argv])).not.toContain('control-token');
  expect(argv.slice(-2)).toEqual(['--auth-token', 'agent-token']);
  const status = await fetch(`http://127.0.0.1:${container.controlPort}/status`, {
    headers: { authorization: 'Bearer control-token' },
  });
  expect(await status.json()).toMatchObject({
    state: 'ready',
    engine: { kind: 'cagent', version: '1.149.0' },
  });
  expect(existsSync(join(home, '.cagent'))).toBe(false);
});

test('gives cagent its catalogue of models where it may not fetch it, and the embedded agent none', async () => {
  const offline = await setUp({ MOBYCLAW_MODELS_DEV: 'offline' });
  await offline.container.start();
  expect(existsSync(join(offline.home, '.cagent/models_dev.json'))).toBe(true);
  const embedded = await setUp({ MOBYCLAW_MODELS_DEV: 'offline', MOBYCLAW_AGENT: 'embedded' });
  await embedded.container.start();
  expect(existsSync(join(embedded.home, '.cagent'))).toBe(false);
});
