import { existsSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { openAgentDoor } from './agent-door.ts';

function ask(socketPath: string, path: string, method = 'POST'): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, method, headers: { host: 'localhost' } }, async (response) => {
      let text = '';
      for await (const piece of response) text += piece;
      resolve(`${response.statusCode} ${response.statusCode === 200 ? text : ''}`.trim());
    });
    asked.on('error', reject).end();
  });
}

test('through it the agent reaches the tools of a part, and by no spelling anything else', async () => {
  const path = join(temporaryFolder(), 'memory.sock');
  const open = () => openAgentDoor(path, (request, response) => void response.end(`answered ${request.url}`));
  const door = await open();
  onTestFinished(() => door.close());
  expect(await ask(path, '/mcp')).toBe('200 answered /mcp');
  expect(await ask(path, '/mcp?x=1', 'GET')).toBe('200 answered /mcp?x=1');
  for (const other of [
    '/',
    '/healthz',
    '/soul/publish',
    '/mcp/',
    '/mcp/../soul/publish',
    '/MCP',
    '/%6dcp',
    '//mcp',
    '/mcpx',
    '/mcp#/soul',
    'http://localhost/mcp',
    'http://localhost/soul/publish',
  ])
    expect(await ask(path, other), other).toBe('404');
  expect(statSync(path).isSocket()).toBe(true);
});

test('one that was left by a killed process is replaced', async () => {
  const path = join(temporaryFolder(), 'memory.sock');
  await openAgentDoor(path, (_request, response) => void response.end('first'));
  const second = await openAgentDoor(path, (_request, response) => void response.end('second'));
  expect(await ask(path, '/mcp')).toBe('200 second');
  second.close();
  expect(existsSync(path)).toBe(false);
});
