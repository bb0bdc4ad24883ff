/**
 * What `packages: on` means: the registries that package managers read. They are the public ones that the managers come with, and
 * those that the administrator of this system set for all its users. What stands in Moby's home or in a project does not count:
 * he writes there himself, so a registry named there would be one that he allowed himself.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalHost } from '@mobyclaw/lib/egress-rules/host';
import type { HostRule } from '@mobyclaw/protocol/egress-rules';

const PUBLIC: readonly string[] = [
  'https://registry.npmjs.org https://registry.yarnpkg.com', // npm, pnpm, yarn
  'https://pypi.org https://files.pythonhosted.org', // pip, uv
  'https://index.crates.io https://static.crates.io https://crates.io', // cargo
  'https://proxy.golang.org https://sum.golang.org', // go
  'http://deb.debian.org https://deb.debian.org http://security.debian.org', // apt
  'http://archive.ubuntu.com http://security.ubuntu.com http://ports.ubuntu.com',
  'https://repo.maven.apache.org https://repo1.maven.org', // maven, gradle
  'https://rubygems.org https://index.rubygems.org', // gem, bundler
];

/** Files, and folders of files, of the whole system. */
const OF_SYSTEM = [
  'etc/npmrc',
  'usr/etc/npmrc',
  'usr/local/etc/npmrc',
  'etc/pip.conf',
  'etc/gemrc',
  'etc/apt/sources.list',
  'etc/apt/sources.list.d',
];
const MOST_BYTES = 64 * 1024;
const MOST_FILES = 50;

/**
 * @param root of the file system
 * @param trusted the users whose files count
 */
export function registries(root = '/', trusted: readonly number[] = [0]): HostRule[] {
  const texts = [
    ...PUBLIC,
    ...OF_SYSTEM.flatMap((path) => filesAt(join(root, path))).map((path) => textOf(path, trusted)),
  ];
  const found = new Map<string, HostRule>();
  for (const text of texts) {
    for (const { host, port } of addressesIn(text)) {
      const rule = { host, ports: [port], methods: ['GET'] };
      found.set(`${host}:${port}`, rule);
    }
  }
  return [...found.values()];
}

function filesAt(path: string): string[] {
  try {
    return readdirSync(path)
      .filter((name) => /\.(?:list|sources)$/.test(name))
      .sort()
      .slice(0, MOST_FILES)
      .map((name) => join(path, name));
  } catch {
    return [path]; // no folder; a file that is not there is empty
  }
}

/** Empty for what is no ordinary file, or not the administrator's alone. */
function textOf(path: string, trusted: readonly number[]): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return '';
  }
  try {
    const { mode, uid, size } = fstatSync(file);
    const isOrdinary = (mode & constants.S_IFMT) === constants.S_IFREG && size <= MOST_BYTES;
    return isOrdinary && trusted.includes(uid) && (mode & 0o022) === 0 ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  } finally {
    closeSync(file);
  }
}

function addressesIn(text: string): { host: string; port: number }[] {
  const lines = text.split('\n').filter((line) => !/^\s*[#;]/.test(line));
  return lines
    .flatMap((line) => line.match(/\bhttps?:\/\/[^\s"',\]]+/g) ?? [])
    .flatMap((address) => {
      const url = URL.canParse(address) ? new URL(address) : null;
      const host = url && canonicalHost(url.hostname);
      if (!url || !host) return [];
      return [{ host, port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port) }];
    });
}
