import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';

const GUARD = pathToFileURL(join(import.meta.dirname, 'process-guard.ts')).href;

/** Runs `body` in a process of its own, where `logged` and `guardProcess` are known. */
function run(body: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const path = join(temporaryFolder(), 'child.ts');
  const logger = '{ error: (...args) => console.log(JSON.stringify(args)) }';
  const lines = [`import { guardProcess } from '${GUARD}';`, `const logger = ${logger};`, body];
  writeFileSync(path, lines.join('\n'));
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, ...output }));
  });
}

const REJECT = `void Promise.reject(Object.assign(new Error('https://api.example/botSECRET/getMe'), { code: 'E1' }));`;
const SURVIVE = `setTimeout(() => console.log('still here'), 50);`;

test('a rejection that a library forgot does not end the process, and is logged without its message', async () => {
  const { code, stdout, stderr } = await run(`guardProcess(logger);\n${REJECT}\n${SURVIVE}`);
  expect(code).toBe(0);
  expect(stdout).toContain('still here');
  expect(stdout).toContain('"code":"E1"');
  expect(stdout).toContain('child.ts'); // where it came from
  expect(stdout + stderr).not.toContain('SECRET');
});

test.each(['undefined', 'null', '"text"'])('nor does one with %s for a reason', async (reason) => {
  const { code, stdout } = await run(`guardProcess(logger);\nvoid Promise.reject(${reason});\n${SURVIVE}`);
  expect([code, stdout]).toEqual([0, expect.stringContaining('still here')]);
});

test('an exception outside of any promise still ends it', async () => {
  const throws = `setTimeout(() => { throw new Error('broken'); }, 1);`;
  const { code, stdout } = await run(`guardProcess(logger);\n${throws}\n${SURVIVE}`);
  expect(code).not.toBe(0);
  expect(stdout).not.toContain('still here');
});

test('once the guard is off, the process ends as it would without it', async () => {
  const { code, stdout } = await run(`guardProcess(logger)();\n${REJECT}\n${SURVIVE}`);
  expect(code).not.toBe(0);
  expect(stdout).not.toContain('still here');
});
