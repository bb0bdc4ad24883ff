/** The folder of secrets, closed by the kernel to a program of the same user and to what it starts. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { silentLogger } from '@mobyclaw/lib/logger';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { closeSecrets } from './without-secrets.ts';

const PROGRAM = fileURLToPath(new URL('../../docker/without-secrets.py', import.meta.url));

const closing = await closeSecrets(PROGRAM, silentLogger, '/');

test.skipIf(closing === undefined)('what is in it is read by no way; all else is as it was', async () => {
  const root = temporaryFolder();
  const [secrets, other] = ['run/secrets', 'run/other'].map((name) => join(root, name)) as [string, string];
  for (const folder of [secrets, other]) {
    mkdirSync(join(folder, 'below'), { recursive: true });
    writeFileSync(join(folder, 'TOKEN'), `in ${folder}\n`);
  }
  const closed = await closeSecrets(PROGRAM, silentLogger, secrets);
  const script = `
    cat ${secrets}/TOKEN; cat < ${secrets}/TOKEN; cat /proc/self/root${secrets}/TOKEN; cp ${secrets}/TOKEN ${root}/copy
    ln -s ${secrets} ${root}/link; cat ${root}/link/TOKEN; ln ${secrets}/TOKEN ${other}/hard; mv ${secrets}/TOKEN ${other}/moved
    cat ${other}/hard ${other}/moved; (cd ${secrets} && setsid cat TOKEN);
    cat ${other}/TOKEN; mv ${other}/TOKEN ${other}/below/TOKEN; cat ${other}/below/TOKEN
    echo piped | cat /dev/stdin; echo $GIVEN`;
  const { command, args, env, input } = closed?.wrap({
    command: '/bin/bash',
    args: ['-c', script],
    env: { PATH: process.env.PATH ?? '', GIVEN: 'as it was given' },
  }) ?? { command: '', args: [], env: {} };
  expect(env).toEqual({});
  const running = promisify(execFile)(command, [...args], { env });
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running;
  expect(stdout.split('\n').filter(Boolean)).toEqual([
    `in ${other}`,
    `in ${other}`,
    'piped',
    'as it was given',
  ]);
  expect(stderr.match(/Permission denied/g)?.length).toBeGreaterThanOrEqual(6);
});

test('where the program says that the kernel cannot, nothing is wrapped', async () => {
  const no = join(temporaryFolder(), 'no.py');
  writeFileSync(no, 'raise SystemExit(1)\n');
  expect(await closeSecrets(no, silentLogger)).toBeUndefined();
});
