/**
 * What the agent's programs trust: what this machine trusts, what the owner adds to it, and the authority of egress, which ends
 * TLS for hosts with bound secrets. One file, under every name by which a program can be told of one.
 *
 * The authority's certificate is fetched at each start from the door, which the agent reaches anyway: so nothing of egress's
 * folder has to be mounted where the agent is.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import { CERTIFICATE_NAMES } from '@mobyclaw/lib/environment-names';
import type { Logger } from '@mobyclaw/lib/logger';

type Environment = Readonly<Record<string, string | undefined>>;

/** Of Debian and its kin, of Fedora and its kin, of Alpine and macOS. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];
const TRY_MS = 500;
const FETCH_MS = 2_000;
const READABLE = 0o644; // certificates are no secret, and a program may run as another user

export interface BundleOptions {
  /** Of egress, `http://host:port`. */
  door: string;
  /** The file to be written. */
  path: string;
  /** Names what the owner adds: SSL_CERT_FILE, NODE_EXTRA_CA_CERTS. */
  environment: Environment;
  clock: Clock;
  logger: Logger;
  /** How long egress may take to come up, in milliseconds. */
  withinMs: number;
}

/**
 * @returns the variables that name the bundle; none where egress does not answer: hosts with bound secrets then fail, and
 *   everything else is as without it
 */
export async function certificateBundle(options: BundleOptions): Promise<Record<string, string>> {
  const { path, environment, logger } = options;
  const authority = await fetchAuthority(options);
  if (authority === null) {
    logger.warn(
      'the door of egress does not answer; programs will not trust it for hosts with bound secrets',
    );
    return {};
  }
  const texts = [await systemRoots(environment), await textOf(environment.NODE_EXTRA_CA_CERTS), authority];
  const certificates = texts.flatMap(
    (one) => one.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [],
  );
  await writeFileAtomic(path, `${[...new Set(certificates)].join('\n')}\n`, { mode: READABLE });
  return Object.fromEntries(CERTIFICATE_NAMES.map((name) => [name, path]));
}

async function systemRoots(environment: Environment): Promise<string> {
  for (const path of [environment.SSL_CERT_FILE, ...SYSTEM_BUNDLES]) {
    const found = await textOf(path);
    if (found !== '') return found;
  }
  const { rootCertificates } = await import('node:tls'); // megabytes, for the few machines without any
  return rootCertificates.join('\n');
}

async function textOf(path: string | undefined): Promise<string> {
  if (!path) return '';
  return readFile(path, 'utf8').catch(() => ''); // a setting that names no file is told by the program that reads it
}

async function fetchAuthority({ door, clock, withinMs }: BundleOptions): Promise<string | null> {
  const end = clock.now() + withinMs;
  for (;;) {
    try {
      // Not by the global fetch, whose library would stay in memory for this one call: 4 MB.
      const asked = get(`${door}/authority.pem`, { agent: false, signal: AbortSignal.timeout(FETCH_MS) });
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      const pem = await text(answer);
      if (answer.statusCode === 200 && pem.includes('BEGIN CERTIFICATE')) return pem;
    } catch {
      // not there yet
    }
    if (clock.now() >= end) return null;
    await pause(clock, TRY_MS);
  }
}
