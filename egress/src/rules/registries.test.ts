import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, it } from 'vitest';
import { registries } from './registries.ts';

const ME = [process.getuid?.() ?? 0];

function system(files: Record<string, string>) {
  const root = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text, { mode: 0o644 });
  }
  const hosts = (trusted: readonly number[] = ME) =>
    registries(root, trusted).map(({ host, ports }) => `${host}:${ports?.join()}`);
  return { root, hosts };
}

it('knows the public ones, for looking alone', () => {
  const found = registries(temporaryFolder(), ME);
  expect(found).toContainEqual({ host: 'registry.npmjs.org', ports: [443], methods: ['GET'] });
  expect(found).toContainEqual({ host: 'deb.debian.org', ports: [80], methods: ['GET'] });
  expect(found.every(({ methods }) => methods?.join() === 'GET')).toBe(true);
});

it('reads what the administrator set for all users', () => {
  const { hosts } = system({
    'etc/npmrc': '; registry=https://no.example\nregistry=https://npm.example:8443/x/\n',
    'etc/pip.conf': '[global]\nindex-url = https://pip.example/simple\n',
    'etc/apt/sources.list':
      '# deb http://no.example x\ndeb [arch=amd64] http://apt.example/debian stable main\n',
    'etc/apt/sources.list.d/more.sources': 'Types: deb\nURIs: https://more.example/\n',
    'etc/apt/sources.list.d/more.save': 'deb http://no.example/ x\n',
  });
  expect(hosts()).toEqual(
    expect.arrayContaining(['npm.example:8443', 'pip.example:443', 'apt.example:80', 'more.example:443']),
  );
  expect(hosts().some((host) => host.startsWith('no.example'))).toBe(false);
});

it('reads nothing that is not the administrator’s alone, no link and no address of a number', () => {
  const { root, hosts } = system({
    'etc/npmrc': 'registry=https://npm.example/\n',
    'etc/pip.conf': 'index-url = https://10.0.0.1/ http://[::1]/ https://user@pip.example/\n',
  });
  chmodSync(join(root, 'etc/npmrc'), 0o666);
  writeFileSync(join(root, 'mine'), 'https://mine.example/');
  symlinkSync('../mine', join(root, 'etc/gemrc'));
  const publicOnes = system({}).hosts();
  expect(hosts()).toEqual([...publicOnes, 'pip.example:443']);
  expect(hosts([(ME[0] ?? 0) + 1])).toEqual(publicOnes);
});
