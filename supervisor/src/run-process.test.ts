import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';

const SCRIPT = `
import { createLogger } from '@mobyclaw/lib/logger';
import { runProcess } from './run-process.ts';
import { StartError } from '@mobyclaw/lib/start-error';
const say = (text) => process.stdout.write(text + '\\n');
runProcess(() => ({
  start: async () => {
    if (process.env.CASE === 'cannot') throw new StartError('port 1 is taken');
    if (process.env.CASE === 'fails') setTimeout(() => { throw new Error('a fault'); }, 1);
    say('started');
  },
  stop: async () => say('stopped'),
  kill: (problem) => say('killed: ' + problem),
}), createLogger('test'));
`;

interface Run {
  output: () => string;
  exit: Promise<number | null>;
  kill: (signal: NodeJS.Signals) => void;
}

function run(name: string): Run {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { CASE: name },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  return {
    output: () => output,
    exit: new Promise((resolve) => child.on('close', resolve)),
    kill: (signal) => child.kill(signal),
  };
}

test.each(['SIGTERM', 'SIGINT'] as const)('lives until %s, then stops in order', async (signal) => {
  const process = run('runs');
  await until('the start', () => process.output().includes('started'));
  process.kill(signal);
  expect(await process.exit).toBe(0);
  expect(process.output()).toContain('stopped\n');
});

test('a start that cannot succeed ends it with the reason', async () => {
  const process = run('cannot');
  expect(await process.exit).toBe(1);
  expect(process.output()).toContain('mobyclaw: port 1 is taken\n');
});

test('a fault of its own takes the children with it', async () => {
  const process = run('fails');
  expect(await process.exit).toBe(1);
  expect(process.output()).toContain('killed: the supervisor failed: a fault\n');
});
