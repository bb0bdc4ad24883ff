import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

/** Runs `code` as a process that logs as our parts do. */
function run(code: string) {
  const lib = (name: string): string => pathToFileURL(join(import.meta.dirname, name)).href;
  const program = `const { createLogger } = await import('${lib('logger.ts')}');
    const { logFaults } = await import('${lib('process-faults.ts')}');
    logFaults(createLogger('test', 'info')); ${code}`;
  const args = ['--input-type=module', '--eval', program];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const lines = stdout.split('\n').filter(Boolean);
  return { status, stderr, lines: lines.map((line) => JSON.parse(line)) };
}

test.each([
  ['thrown at the top', "throw new Error('no luck')"],
  ['thrown later', "setTimeout(() => { throw new Error('no luck') }, 1)"],
  ['rejected with nobody to catch it', "Promise.reject(new Error('no luck')); setTimeout(() => 0, 1000)"],
  [
    'of an event that nobody listens to',
    "const { EventEmitter } = await import('node:events'); new EventEmitter().emit('error', new Error('no luck'))",
  ],
])('an error %s is one line of JSON, and the end', (_name, code) => {
  const { status, stderr, lines } = run(code);
  expect([status, stderr]).toEqual([1, '']);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: 'fatal', part: 'test', err: { message: 'no luck' } });
});

test('a warning of Node is a line of JSON, and no end', () => {
  const { status, stderr, lines } = run("process.emitWarning('old', 'DeprecationWarning', 'DEP0001')");
  expect([status, stderr]).toEqual([0, '']);
  expect(lines).toEqual([
    expect.objectContaining({ level: 'warn', warning: 'DeprecationWarning', code: 'DEP0001', msg: 'old' }),
  ]);
});
