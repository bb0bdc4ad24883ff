/**
 * The certificate authority of this installation: what Moby's programs trust beside the world's, so that TLS can end at the
 * door for hosts with bound secrets. Made once, in egress's own folder, which Moby never sees: `ca.key` (mode 0600) and
 * `ca.pem`. Before it ends its certificate is made anew with the same key, so that who trusts the old one trusts it too.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { createFile, writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import type { Clock } from '@mobyclaw/lib/clock';
import { StartError } from '@mobyclaw/lib/start-error';

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 10 * 365; // nothing but this installation trusts it
const RENEW_DAYS = 90;
const LEAF_DAYS = 30;
const LEAF_RENEW_DAYS = 2; // longer than a connection lasts
const CLOCK_DAYS = 1; // clocks in containers and virtual machines are not always right
const MOST_LEAVES = 200;

interface Leaf {
  context: SecureContext;
  until: number;
}

export class Authority {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #key: string;
  #cert: string;
  readonly #leaves = new BoundedMap<string, Promise<Leaf>>(MOST_LEAVES);
  /** One key for all hosts, of this process alone. */
  #leafKey: string | null = null;

  private constructor(folder: string, clock: Clock, key: string, cert: string) {
    this.#folder = folder;
    this.#clock = clock;
    this.#key = key;
    this.#cert = cert;
  }

  /** @throws StartError where what is there is no authority; the file system's error */
  static async open(folder: string, clock: Clock): Promise<Authority> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'ca.key');
    let key = await readIfThere(path);
    if (key === null) {
      const { makeKey } = await import('./certificates.ts');
      await createFile(path, makeKey());
      key = await readFile(path, 'utf8');
    }
    const authority = new Authority(folder, clock, key, (await readIfThere(join(folder, 'ca.pem'))) ?? '');
    await authority.certificate();
    return authority;
  }

  /** As PEM; made anew where it ends soon. */
  async certificate(): Promise<string> {
    if (!this.#isGood()) {
      const { makeAuthority } = await import('./certificates.ts');
      const now = this.#clock.now();
      const span = { from: now - CLOCK_DAYS * DAY_MS, until: now + AUTHORITY_DAYS * DAY_MS };
      try {
        this.#cert = await makeAuthority(this.#key, 'Mobyclaw of this machine', span);
      } catch (error) {
        throw new StartError(
          `${join(this.#folder, 'ca.key')} is no private key. Move it away; another one is made at the next start.`,
          { cause: error },
        );
      }
      await writeFileAtomic(join(this.#folder, 'ca.pem'), this.#cert);
    }
    return this.#cert;
  }

  /** SHA-256 of the certificate, as browsers and openssl show it. */
  get fingerprint(): string {
    return new X509Certificate(this.#cert).fingerprint256;
  }

  /** What a client is shown in the place of this host. */
  async certificateFor(host: string): Promise<SecureContext> {
    const known = await this.#leaves.get(host);
    if (known && known.until - this.#clock.now() > LEAF_RENEW_DAYS * DAY_MS) return known.context;
    const made = this.#make(host);
    this.#leaves.set(host, made);
    made.catch(() => this.#leaves.delete(host));
    return (await made).context;
  }

  async #make(host: string): Promise<Leaf> {
    const { makeKey, makeLeaf } = await import('./certificates.ts');
    this.#leafKey ??= makeKey();
    const now = this.#clock.now();
    const span = { from: now - CLOCK_DAYS * DAY_MS, until: now + LEAF_DAYS * DAY_MS };
    const issuer = { key: this.#key, cert: await this.certificate() };
    const cert = await makeLeaf(issuer, this.#leafKey, host, span);
    const context = createSecureContext({
      key: this.#leafKey,
      cert: `${cert}\n${issuer.cert}`,
      minVersion: 'TLSv1.2',
    });
    return { context, until: span.until };
  }

  #isGood(): boolean {
    if (this.#cert === '') return false;
    try {
      const certificate = new X509Certificate(this.#cert);
      const isOurs = certificate.ca && certificate.verify(certificate.publicKey) && this.#isOf(certificate);
      return isOurs && certificate.validToDate.getTime() - this.#clock.now() > RENEW_DAYS * DAY_MS;
    } catch {
      return false; // torn or edited: it is made anew with the key that is there
    }
  }

  #isOf(certificate: X509Certificate): boolean {
    return certificate.checkPrivateKey(createPrivateKey(this.#key));
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
