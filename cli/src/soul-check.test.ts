import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { checkSoul } from './soul-check.ts';

const SHIPPED = join(dirname(fileURLToPath(import.meta.url)), '../../agents/moby/soul.yaml');
const HEADER = / *X-Moby-Turn: \$\{headers\.X-Moby-Turn\}\n/;

async function check(text: string) {
  const path = join(temporaryFolder(), 'soul.yaml');
  writeFileSync(path, text);
  return checkSoul(path);
}

test('the file as it comes hands on which message a call belongs to', async () => {
  expect(await check(readFileSync(SHIPPED, 'utf8'))).toMatchObject({ status: 'ok' });
});

test('a file from before that is told where the line is missing, and which it is', async () => {
  const shipped = readFileSync(SHIPPED, 'utf8');
  const without = shipped.replace(HEADER, '');
  const line = shipped.slice(0, shipped.indexOf('MOBYCLAW_MEMORY_URL')).split('\n').length;
  expect(await check(without)).toEqual({
    name: 'soul.yaml',
    status: 'warn',
    detail: expect.stringMatching(new RegExp(`^line ${line}: .*MOBYCLAW_MEMORY_URL`)),
    remedy: expect.stringContaining('X-Moby-Turn: $'),
  });
  expect(
    (await check(shipped.replace(/(MOBYCLAW_GATEWAY_URL[\s\S]*?) *X-Moby-Turn: \S+\n/, '$1'))).detail,
  ).toContain('MOBYCLAW_GATEWAY_URL');
});

test('headers that an anchor or a merge brings count, and other servers need none', async () => {
  const shared = `agents:
  root:
    model: a
    toolsets:
      - type: mcp
        remote: &memory
          url: \${env.MOBYCLAW_MEMORY_URL}/mcp
          headers: &ours { x-moby-turn: "\${headers.X-Moby-Turn}" }
      - { type: mcp, remote: { url: "http://gateway:3000/mcp", headers: *ours } }
      - { type: mcp, remote: { <<: *memory } }
      - { type: mcp, remote: { url: "https://elsewhere.example/mcp" } }
      - { type: mcp, command: x }
`;
  expect(await check(shared)).toMatchObject({ status: 'ok' });
});

test('a file without the memory server is told to keep nothing', async () => {
  const shipped = readFileSync(SHIPPED, 'utf8');
  const other = shipped.replaceAll('MOBYCLAW_MEMORY_URL', 'MY_OTHER_URL');
  expect(await check(other)).toMatchObject({ status: 'warn', detail: expect.stringContaining('no memory') });
  expect(await check('agents:\n  root:\n    model: a\n')).toMatchObject({ status: 'warn' });
});

test('a file that is no YAML is told in one line, with the place', async () => {
  expect(await check('agents:\n  root: [\n')).toMatchObject({
    status: 'fail',
    detail: expect.stringMatching(/^line 3, column 1: [^\n]+$/),
  });
});
