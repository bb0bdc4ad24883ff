/**
 * The making of certificates, by @peculiar/x509: of our authority, and of the hosts that it speaks for. Loaded only where one
 * is made, since the library costs some megabytes of memory and most starts need none of it.
 */
import 'reflect-metadata'; // its library of components asks for it
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  webcrypto,
} from 'node:crypto';
import * as x509 from '@peculiar/x509';

const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

x509.cryptoProvider.set(webcrypto as never);

export interface Span {
  /** Milliseconds since the epoch. */
  from: number;
  until: number;
}

export interface Made {
  key: string;
  cert: string;
}

/** @returns a private key as PEM (PKCS #8) */
export function makeKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/**
 * @param key as PEM; with the same key a new certificate takes the place of the old one for all that trust the old one
 * @param name what a person sees who looks at it
 */
export async function makeAuthority(key: string, name: string, { from, until }: Span): Promise<string> {
  const keys = await pairOf(key);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${name}`,
    issuer: `CN=${name}`,
    notBefore: new Date(from),
    notAfter: new Date(until),
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: CURVE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true), // it makes certificates of hosts, and no other authority
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return certificate.toString('pem');
}

/** @param hostKey as PEM @returns the certificate of one host, as PEM */
export async function makeLeaf(authority: Made, hostKey: string, host: string, span: Span): Promise<string> {
  const issuer = new x509.X509Certificate(authority.cert);
  const { privateKey: signingKey } = await pairOf(authority.key);
  const { publicKey } = await pairOf(hostKey);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    // The name is in the extension; a subject has room for 64 characters only.
    subject: 'CN=Mobyclaw',
    issuer: issuer.subject,
    notBefore: new Date(span.from),
    notAfter: new Date(span.until),
    publicKey,
    signingKey,
    signingAlgorithm: CURVE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
      // Python since 3.13 takes no certificate without these two.
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return certificate.toString('pem');
}

async function pairOf(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const key = createPrivateKey(pem);
  const load = (object: KeyObject, format: 'pkcs8' | 'spki', use: 'sign' | 'verify') =>
    webcrypto.subtle.importKey(
      format,
      object.export({ type: format, format: 'der' } as never) as never,
      CURVE,
      true,
      [use],
    );
  const [privateKey, publicKey] = await Promise.all([
    load(key, 'pkcs8', 'sign'),
    load(createPublicKey(key), 'spki', 'verify'),
  ]);
  return { privateKey, publicKey };
}

/** Positive, as it must be. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}
