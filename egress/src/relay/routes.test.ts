import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { Routes } from './routes.ts';

function targetOf(address: string, localhost: string | null): string | undefined {
  const soulFile = join(temporaryFolder(), 'soul.yaml');
  const environment = { OPENAI_BASE_URL: address };
  const routes = new Routes({ soulFile, environment, localhost });
  const route = routes.find('openai');
  return route ? routes.target(route, '/v1/models')?.href : undefined;
}

test.each([
  'http://localhost:11434/v1',
  'http://127.0.0.1:11434/v1',
  'http://[::1]:11434/v1',
  'http://host.docker.internal:11434/v1',
])('%s is the machine around a container', (address) => {
  expect(targetOf(address, 'host.docker.internal')).toBe('http://host.docker.internal:11434/v1/models');
});

test('the address that init writes for containers is this machine where there is none', () => {
  expect(targetOf('http://host.docker.internal:11434/v1', null)).toBe('http://127.0.0.1:11434/v1/models');
  expect(targetOf('http://[::1]:11434/v1', null)).toBe('http://[::1]:11434/v1/models');
  expect(targetOf('http://host.docker.internal.example:1/v1', null)).toBe(
    'http://host.docker.internal.example:1/v1/models',
  );
});
