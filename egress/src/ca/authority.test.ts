import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Authority } from './authority.ts';

const DAY_MS = 86_400_000;

/** What a client finds that trusts nothing but `ca`. */
async function greet(authority: Authority, host: string, ca: string): Promise<string> {
  const secureContext = await authority.certificateFor(host);
  const server = createServer({ SNICallback: (_name, done) => done(null, secureContext) });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({ port, host: '127.0.0.1', servername: host, ca }, () => {
      resolve('trusted');
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

test('made once, its key for egress alone; hosts that it speaks for are trusted by who trusts it', async () => {
  const folder = join(temporaryFolder(), 'egress');
  const clock = new ManualClock(Date.now());
  const authority = await Authority.open(folder, clock);
  const cert = await authority.certificate();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'ca.key')).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'ca.pem')).mode & 0o777).toBe(0o600);
  const again = await Authority.open(folder, clock);
  expect(await again.certificate()).toBe(cert);
  expect(again.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);

  const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.example.com`;
  for (const host of ['api.example.com', 'a_b.example.com', long]) {
    expect(await greet(authority, host, cert)).toBe('trusted');
  }
  const other = await Authority.open(join(temporaryFolder(), 'egress'), clock);
  expect(await greet(other, 'api.example.com', cert)).not.toBe('trusted');
});

test('the certificate of a host names it alone, and is made anew before it ends', async () => {
  const clock = new ManualClock(Date.now());
  const authority = await Authority.open(join(temporaryFolder(), 'egress'), clock);
  const first = await authority.certificateFor('api.example.com');
  expect(await authority.certificateFor('api.example.com')).toBe(first);
  await clock.advance(29 * DAY_MS);
  expect(await authority.certificateFor('api.example.com')).not.toBe(first);
});

test('an authority that ends soon is made anew with its key, so that who trusts the old one trusts the new', async () => {
  const folder = join(temporaryFolder(), 'egress');
  const clock = new ManualClock(Date.now() - 3600 * DAY_MS);
  const old = await (await Authority.open(folder, clock)).certificate();
  await clock.advance(3600 * DAY_MS);
  const authority = await Authority.open(folder, clock);
  const renewed = await authority.certificate();
  expect(renewed).not.toBe(old);
  expect(new X509Certificate(renewed).validToDate.getTime()).toBeGreaterThan(Date.now() + 3000 * DAY_MS);
  expect(await greet(authority, 'api.example.com', old)).toBe('trusted');
});

test('a torn certificate is made anew; a key that is none says what to do', async () => {
  const folder = join(temporaryFolder(), 'egress');
  const clock = new ManualClock(Date.now());
  await Authority.open(folder, clock);
  writeFileSync(join(folder, 'ca.pem'), readFileSync(join(folder, 'ca.pem'), 'utf8').slice(0, 200));
  const mended = await Authority.open(folder, clock);
  expect(await greet(mended, 'a.example', readFileSync(join(folder, 'ca.pem'), 'utf8'))).toBe('trusted');
  writeFileSync(join(folder, 'ca.key'), 'nonsense');
  await expect(Authority.open(folder, clock)).rejects.toThrow('ca.key is no private key. Move it away');
});
