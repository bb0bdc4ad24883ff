/** Our client before the servers of MCP's own conformance suite. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, it } from 'vitest';

const HERE = dirname(fileURLToPath(import.meta.url));
const SUITE = join(HERE, '../../../../node_modules/.bin/conformance');

function conformance(scenario: string): Promise<{ code: number | null; output: string }> {
  const command = `${process.execPath} ${join(HERE, 'conformance-client.ts')}`;
  const args = [SUITE, 'client', '--command', command, '--scenario', scenario];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: temporaryFolder(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const pipe of [child.stdout, child.stderr]) {
      pipe.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

it.each(['initialize', 'tools_call', 'sse-retry'])(
  '%s',
  async (scenario) => {
    const { code, output } = await conformance(scenario);
    expect(output).toMatch(/Passed: [1-9]\d*\/\d+, 0 failed, 0 warnings/);
    expect(code).toBe(0);
  },
  60_000,
);
