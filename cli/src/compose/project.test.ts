/** Which stack `docker compose` is told to mean, with a `docker` that says what it was told. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { Context } from '../context.ts';
import { keepComposeState } from '../running-stack.ts';
import { memoryTerminal } from '../testing/memory-terminal.ts';
import { runProcess } from '../testing/run-cli.ts';
import { ComposeProject } from './project.ts';

const DOCKER = '#!/bin/sh\necho "$COMPOSE_PROJECT_NAME" "$@"\n';

function place() {
  const home = temporaryFolder();
  const bin = join(home, 'bin');
  for (const folder of [bin, join(home, 'run')]) mkdirSync(folder);
  writeFileSync(join(bin, 'docker'), DOCKER, { mode: 0o755 });
  const PATH = `${bin}:${process.env.PATH}`;
  const context = (env: Record<string, string> = {}) => {
    const settings = { PATH, MOBYCLAW_HOME: home, MOBYCLAW_ENV_FILE: '/dev/null', ...env };
    return new Context({
      terminal: Object.assign(memoryTerminal(false), { env: settings }),
      checkout: home,
      version: '0.1.0',
    });
  };
  return { home, PATH, context };
}

test('the name that a stack was started by counts until down, in whatever terminal', async () => {
  const { home, PATH, context } = place();
  const said = (env?: Record<string, string>) => new ComposeProject(context(env)).must(['ps']);
  expect(await said()).toMatch(/^mobyclaw compose /);
  expect(await said({ COMPOSE_PROJECT_NAME: 'mine' })).toMatch(/^mine compose /);
  const state = { port: 3999, startedAt: '2026-01-02T03:04:05Z', built: 'x' };
  await keepComposeState(context().data, { ...state, project: 'second' });
  expect(await said()).toMatch(/^second compose /);
  expect(await said({ COMPOSE_PROJECT_NAME: 'mobyclaw' })).toMatch(/^second compose /);
  const exec = await runProcess(['exec', 'moby', 'true'], { home, env: { PATH } });
  expect(exec.stdout).toMatch(/^second compose .* exec -T moby true\n$/);
  // As a version wrote it that did not record the name.
  await keepComposeState(context().data, state);
  expect(await said()).toMatch(/^mobyclaw compose /);
});

test('another compose file is read with the override, which only the usual one brings along by itself', async () => {
  const { home, context } = place();
  const old = new ComposeProject(context(), undefined, '/old.yml');
  expect(await old.must(['up'])).toContain(' -f /old.yml up');
  writeFileSync(join(home, 'docker-compose.override.yml'), '');
  const both = new ComposeProject(context(), undefined, '/old.yml');
  expect(await both.must(['up'])).toContain(` -f /old.yml -f ${home}/docker-compose.override.yml up`);
});

test('a container that goes while the list is made does not matter; what fails again is told', async () => {
  const { home, context } = place();
  const gone = (times: number) => `#!/bin/sh
echo x >> '${home}/asked'
[ "$(wc -l < '${home}/asked')" -gt ${times} ] && exit 0
echo 'Error response from daemon: No such container: b0caac27' >&2
exit 1
`;
  const docker = join(home, 'bin', 'docker');
  writeFileSync(docker, gone(1), { mode: 0o755 });
  expect(await new ComposeProject(context()).services()).toEqual([]);
  writeFileSync(docker, gone(9), { mode: 0o755 });
  await expect(new ComposeProject(context()).services()).rejects.toThrow('No such container');
});
