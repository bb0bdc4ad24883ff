/** What is shown while Compose works, with a `docker` whose containers change from look to look. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { Context } from '../context.ts';
import { memoryTerminal } from '../testing/memory-terminal.ts';
import { ComposeProject } from './project.ts';
import { buildImages, watchUp } from './start.ts';

/** Healthy at the first two looks, stopped at the third, at which the restart goes on, and healthy again. */
const DOCKER = `#!/bin/sh
looks=$(dirname "$0")/looks
case "$*" in
  *restart*) until [ "$(wc -l < "$looks")" -ge 3 ]; do sleep 0.05; done ;;
  *)
    echo >> "$looks"
    [ "$(wc -l < "$looks")" -eq 3 ] && state=exited || state=running
    echo "{\\"ID\\":\\"a\\",\\"Name\\":\\"m\\",\\"Service\\":\\"moby\\",\\"State\\":\\"$state\\",\\"Health\\":\\"healthy\\"}"
    ;;
esac
`;

test('a container that Compose has stopped to start it anew is not shown as failed', async () => {
  const home = temporaryFolder();
  const bin = join(home, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'docker'), DOCKER, { mode: 0o755 });
  writeFileSync(join(bin, 'looks'), '');
  const env = { PATH: `${bin}:${process.env.PATH}`, MOBYCLAW_HOME: home, MOBYCLAW_ENV_FILE: '/dev/null' };
  const terminal = Object.assign(memoryTerminal(false), { env });
  const context = new Context({ terminal, checkout: home, version: '0.1.0' });
  await watchUp(context, new ComposeProject(context), ['restart']);
  expect(terminal.err.trimEnd().split('\n')).toEqual([
    '  ✓ moby      healthy',
    '  · moby      exited',
    '  ✓ moby      healthy',
  ]);
});

/** Knows two images once they were built, with ids that change at each build. */
const BUILDER = `#!/bin/sh
folder=$(dirname "$0")
case "$*" in
  *'config --images'*) printf 'b\\na\\n' ;;
  *build*)
    if [ -e "$folder/broken" ]; then echo 'no space left on device' >&2; exit 1; fi
    echo >> "$folder/builds" ;;
  *inspect*)
    [ -e "$folder/builds" ] || exit 1
    builds=$(wc -l < "$folder/builds"); echo "a$builds"; echo "b$builds" ;;
esac
`;

test('the images are built where they are not those of this checkout, and a build that fails says what to do', async () => {
  const home = temporaryFolder();
  const bin = join(home, 'bin');
  mkdirSync(join(home, 'run'));
  mkdirSync(bin);
  writeFileSync(join(bin, 'docker'), BUILDER, { mode: 0o755 });
  const build = async (always = false): Promise<string> => {
    const env = { PATH: `${bin}:${process.env.PATH}`, MOBYCLAW_HOME: home, MOBYCLAW_ENV_FILE: '/dev/null' };
    const terminal = Object.assign(memoryTerminal(false), { env });
    const context = new Context({ terminal, checkout: home, version: '0.1.0' });
    await buildImages(context, new ComposeProject(context), always);
    return terminal.err;
  };
  const built = /^Building the images \(.*\nBuilt in \d+ s\.\n$/;
  writeFileSync(join(home, 'Dockerfile'), 'FROM a');
  expect(await build()).toMatch(built);
  expect(await build()).toBe('');
  expect(await build(true)).toMatch(built);
  writeFileSync(join(home, 'Dockerfile'), 'FROM b');
  expect(await build()).toMatch(built);
  writeFileSync(join(bin, 'builds'), '\n'); // somebody else has built them since
  expect(await build()).toMatch(built);
  expect(await build()).toBe('');
  writeFileSync(join(bin, 'broken'), '');
  await expect(build(true)).rejects.toThrow(
    /^no space left on device\nThe images could not be built;.*up --local$/s,
  );
});
