/**
 * A push service and the browsers behind it: takes what is sent to an address of its own, checks who sent it (VAPID, RFC 8292),
 * and decrypts it as the browser would (RFC 8291 over RFC 8188, aes128gcm).
 */
import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  type ECDH,
  hkdfSync,
  randomBytes,
  verify,
} from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeBrowser {
  endpoint: string;
  keys: { p256dh: string; auth: string };
  /** What came, in the clear. */
  readonly received: unknown[];
  /** The whole bodies, as the service saw them. */
  readonly bodies: Buffer[];
  /** Whom the sender said to complain to. */
  readonly subjects: string[];
  /** Answer to the next ones, 201 when it is empty. */
  readonly statuses: number[];
}

export interface FakePushService {
  /** Hands a request over that was meant for the address; its host is not asked. */
  post(url: string, headers: Record<string, string>, body: Buffer): Promise<number>;
  browser(host?: string): FakeBrowser;
  close(): Promise<void>;
}

export async function startFakePushService(): Promise<FakePushService> {
  const browsers = new Map<string, { browser: FakeBrowser; ecdh: ECDH; auth: Buffer; origin: string }>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const found = browsers.get(request.url ?? '');
    const { authorization = '', ttl, 'content-encoding': encoding } = request.headers;
    if (!found) response.writeHead(404).end();
    else if (ttl === undefined || encoding !== 'aes128gcm') response.writeHead(400).end();
    else if (!isSigned(authorization, found.origin)) response.writeHead(403).end();
    else {
      const status = found.browser.statuses.shift() ?? 201;
      if (status < 300) {
        found.browser.subjects.push(claimsOf(authorization).sub ?? '');
        found.browser.bodies.push(body);
        found.browser.received.push(JSON.parse(decrypt(body, found.ecdh, found.auth)));
      }
      response.writeHead(status).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    async post(url, headers, body) {
      const local = `http://127.0.0.1:${port}${new URL(url).pathname}`;
      const { 'Content-Length': _, ...rest } = headers;
      const response = await fetch(local, { method: 'POST', headers: rest, body: new Uint8Array(body) });
      return response.status;
    },
    browser(host = 'fcm.googleapis.com') {
      const ecdh = createECDH('prime256v1');
      const p256dh = ecdh.generateKeys('base64url');
      const auth = randomBytes(16);
      const path = `/fcm/send/${randomBytes(12).toString('hex')}`;
      const browser: FakeBrowser = {
        endpoint: `https://${host}${path}`,
        keys: { p256dh, auth: auth.toString('base64url') },
        received: [],
        bodies: [],
        subjects: [],
        statuses: [],
      };
      browsers.set(path, { browser, ecdh, auth, origin: `https://${host}` });
      return browser;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function isSigned(authorization: string, origin: string): boolean {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(authorization) ?? [];
  const [head = '', claims = '', signature = ''] = token.split('.');
  const point = Buffer.from(key, 'base64url');
  if (point.length !== 65) return false;
  const publicKey = createPublicKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  });
  return (
    claimsOf(authorization).aud === origin &&
    verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    )
  );
}

function claimsOf(authorization: string): { aud?: string; sub?: string } {
  const [, claims = ''] = /^vapid t=[\w-]+\.([\w-]+)/.exec(authorization) ?? [];
  return JSON.parse(Buffer.from(claims, 'base64url').toString());
}

function decrypt(body: Buffer, ecdh: ECDH, auth: Buffer): string {
  const salt = body.subarray(0, 16);
  const keyLength = body.readUInt8(20);
  const sender = body.subarray(21, 21 + keyLength);
  const record = body.subarray(21 + keyLength);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), sender]);
  const secret = Buffer.from(hkdfSync('sha256', ecdh.computeSecret(sender), auth, info, 32));
  const derive = (name: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, salt, `Content-Encoding: ${name}\0`, length));
  const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
  decipher.setAuthTag(record.subarray(-16));
  const plain = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
  return plain.subarray(0, plain.lastIndexOf(2)).toString(); // 2 ends the last record
}
