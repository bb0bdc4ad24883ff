/**
 * What /etc holds inside the sandbox: of the machine's what programs need to run and to check certificates, and files of
 * our own where the machine's would tell of others or ask a resolver. Nothing with a password, a key or an address.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Taken as they are, where they are. */
export const MACHINE_ETC: readonly string[] = [
  'alternatives',
  'ca-certificates',
  'ca-certificates.conf',
  'crypto-policies',
  'fonts',
  'inputrc',
  'java',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'locale.alias',
  'localtime',
  'magic',
  'magic.mime',
  'mime.types',
  'os-release',
  'perl',
  'pki/ca-trust/extracted',
  'pki/tls/certs',
  'pki/tls/cert.pem',
  'protocols',
  'python3',
  'rpc',
  'services',
  'ssl/cert.pem',
  'ssl/certs',
  'ssl/openssl.cnf',
  'terminfo',
  'timezone',
];

export interface InsideUser {
  uid: number;
  gid: number;
  home: string;
}

/** @returns path inside the sandbox → contents */
export function ownEtc({ uid, gid, home }: InsideUser): Record<string, string> {
  const others = (id: number, line: string): string => (id === uid ? '' : line);
  return {
    passwd: [
      `moby:x:${uid}:${gid}:Moby:${home}:/bin/bash\n`,
      others(0, 'root:x:0:0:root:/root:/bin/sh\n'),
      others(65_534, 'nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n'),
    ].join(''),
    group: [
      `moby:x:${gid}:\n`,
      gid === 0 ? '' : 'root:x:0:\n',
      gid === 65_534 ? '' : 'nogroup:x:65534:\n',
    ].join(''),
    hostname: 'moby\n',
    hosts: '127.0.0.1 localhost moby\n::1 localhost\n',
    // There is no network to ask. Names fail at once: by glibc, which asks files alone, and by whatever reads this file,
    // since nothing listens there and a refusal comes back at once.
    'nsswitch.conf':
      'passwd: files\ngroup: files\nshadow: files\nhosts: files\nservices: files\nprotocols: files\n',
    'resolv.conf': 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n',
    'host.conf': 'multi on\n',
  };
}

/** Writes them into a folder of this machine, from which they are mounted. */
export function writeOwnEtc(folder: string, user: InsideUser): string[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = Object.entries(ownEtc(user));
  for (const [name, text] of files) writeFileSync(join(folder, name), text, { mode: 0o644 });
  return files.map(([name]) => name);
}
