/** What is told of a Docker that is there, old, half there or not there at all, with a program that answers as it does. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { type Docker, findDocker } from './docker.ts';

interface Answers {
  /** Shell that `docker info` runs. */
  info?: string;
  /** Shell that `docker compose version` runs. */
  compose?: string;
}

async function found({ info = `echo '"28.0.0" []'`, compose = 'echo v2.40.3' }: Answers): Promise<Docker> {
  const bin = join(temporaryFolder(), 'bin');
  mkdirSync(bin);
  const program = `#!/bin/sh\nif [ "$1" = info ]; then ${info}; else ${compose}; fi\n`;
  writeFileSync(join(bin, 'docker'), program, { mode: 0o755 });
  return findDocker({ PATH: `${bin}:${process.env.PATH}` });
}

test('an engine with Compose v2 is ready, and rootless where it says so', async () => {
  const ready = { ready: true, engine: '28.0.0', compose: '2.40.3', rootless: false };
  expect(await found({})).toEqual(ready);
  const info = `echo '"28.0.0" ["name=seccomp,profile=builtin","name=rootless"]'`;
  expect(await found({ info })).toEqual({ ...ready, rootless: true });
  expect(await found({ info: `echo '"28.0.0"'` })).toEqual(ready);
});

test.each([
  ['1.29.2', false],
  ['2.2.3', false],
  ['2.19.9', false],
  ['v2.20.0', true],
  ['v3.0.1', true],
  ['10.1.0', true],
])('Compose %s will do: %s', async (version, ready) => {
  const docker = await found({ compose: `echo ${version}` });
  expect(docker.ready).toBe(ready);
  if (docker.ready) return;
  expect(docker.problem).toBe(`Docker Compose ${version} is too old`);
  expect(docker.remedy).toContain('2.20 or later');
});

test('an engine without Compose v2 is told with the package that brings it', async () => {
  expect(await found({ compose: 'exit 1' })).toEqual({
    ready: false,
    problem: 'Docker 28.0.0 is there, but Compose v2 ("docker compose") is not',
    remedy: expect.stringContaining('docker-compose-plugin'),
  });
});

test.each([
  [`echo 'Cannot connect to the daemon' >&2; exit 1`],
  [`echo '"" []'; echo 'Cannot connect to the daemon' >&2`], // with a format it ends well
])('an engine that does not answer is told with its last line: %s', async (info) => {
  expect(await found({ info })).toEqual({
    ready: false,
    problem: 'Docker is installed, but does not answer: Cannot connect to the daemon',
    remedy: expect.stringContaining('sudo systemctl start docker'),
  });
});

test('no Docker is told with the way to go on without', async () => {
  expect(await findDocker({ PATH: temporaryFolder() })).toEqual({
    ready: false,
    problem: 'Docker is not installed',
    remedy: expect.stringContaining('./mobyclaw up --local'),
  });
});
