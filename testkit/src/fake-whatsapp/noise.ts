/**
 * The server's side of WhatsApp's Noise handshake (Noise_XX_25519_AESGCM_SHA256, https://noiseprotocol.org) and the frames
 * after it.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import type { KeyPair, Node, WhatsAppLibrary } from './library.ts';

const HEADER = Buffer.from([87, 65, 6, 3]);
const MODE = Buffer.from('Noise_XX_25519_AESGCM_SHA256\0\0\0\0');
const TAG_BYTES = 16;

export class NoiseServer {
  readonly #library: WhatsAppLibrary;
  readonly #send: (data: Buffer) => void;
  readonly #ephemeral: KeyPair;
  #hash = MODE;
  #salt: Buffer = MODE;
  #key: Buffer = MODE;
  #counter = 0;
  #transport: { read: Buffer; write: Buffer; reads: number; writes: number } | null = null;
  #buffer = Buffer.alloc(0);
  #greeted = false;

  constructor(library: WhatsAppLibrary, send: (data: Buffer) => void) {
    this.#library = library;
    this.#send = send;
    this.#ephemeral = library.Curve.generateKeyPair();
  }

  /** @returns what came in whole: the client's login once, stanzas after it */
  async read(data: Buffer): Promise<({ login: Uint8Array } | { node: Node })[]> {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    const read: ({ login: Uint8Array } | { node: Node })[] = [];
    if (!this.#greeted && this.#buffer.length >= HEADER.length) {
      if (!this.#buffer.subarray(0, HEADER.length).equals(HEADER)) throw new Error('not WhatsApp');
      this.#buffer = this.#buffer.subarray(HEADER.length);
      this.#authenticate(HEADER);
      this.#greeted = true;
    }
    for (let frame = this.#next(); frame; frame = this.#next()) {
      if (this.#transport) {
        read.push({ node: await this.#library.decodeBinaryNode(this.#open(frame)) });
        continue;
      }
      const { clientHello, clientFinish } = this.#library.proto.HandshakeMessage.decode(frame);
      if (clientHello?.ephemeral) this.#hello(clientHello.ephemeral);
      if (clientFinish?.static) read.push({ login: this.#finish(clientFinish.static, clientFinish.payload) });
    }
    return read;
  }

  write(node: Node): void {
    const state = this.#transport;
    if (!state) return;
    const data = this.#library.encodeBinaryNode(node);
    this.#frame(seal(data, state.write, state.writes++, Buffer.alloc(0)));
  }

  #next(): Buffer | null {
    if (!this.#greeted || this.#buffer.length < 3) return null;
    const size = this.#buffer.readUIntBE(0, 3);
    if (this.#buffer.length < size + 3) return null;
    const frame = this.#buffer.subarray(3, size + 3);
    this.#buffer = this.#buffer.subarray(size + 3);
    return frame;
  }

  #frame(data: Buffer): void {
    const size = Buffer.alloc(3);
    size.writeUIntBE(data.length, 0, 3);
    this.#send(Buffer.concat([size, data]));
  }

  #open(frame: Buffer): Buffer {
    const state = this.#transport;
    if (!state) throw new Error('no transport yet');
    return open(frame, state.read, state.reads++, Buffer.alloc(0));
  }

  #hello(theirs: Uint8Array): void {
    const { Curve, proto } = this.#library;
    const own = Curve.generateKeyPair();
    this.#authenticate(theirs);
    this.#authenticate(this.#ephemeral.public);
    this.#mix(Curve.sharedKey(this.#ephemeral.private, theirs));
    const sealedKey = this.#encrypt(own.public);
    this.#mix(Curve.sharedKey(own.private, theirs));
    const payload = this.#encrypt(this.#certificate());
    const serverHello = { ephemeral: this.#ephemeral.public, static: sealedKey, payload };
    this.#frame(Buffer.from(proto.HandshakeMessage.encode({ serverHello }).finish()));
  }

  #finish(sealedKey: Uint8Array, payload: Uint8Array): Uint8Array {
    const key = this.#decrypt(sealedKey);
    this.#mix(this.#library.Curve.sharedKey(this.#ephemeral.private, key));
    const login = this.#decrypt(payload);
    const [read, write] = this.#derive(Buffer.alloc(0));
    this.#transport = { read, write, reads: 0, writes: 0 };
    return login;
  }

  /** The client looks at its form; who has signed it, it cannot tell. */
  #certificate(): Uint8Array {
    const { CertChain } = this.#library.proto;
    const signature = Buffer.alloc(64, 1);
    const details = CertChain.NoiseCertificate.Details.encode({
      serial: 1,
      issuerSerial: 0,
      key: Buffer.alloc(32, 9),
    }).finish();
    const certificate = { details, signature };
    return CertChain.encode({ leaf: certificate, intermediate: certificate }).finish();
  }

  #authenticate(data: Uint8Array): void {
    this.#hash = createHash('sha256').update(this.#hash).update(data).digest();
  }

  #derive(data: Uint8Array): [Buffer, Buffer] {
    const key = Buffer.from(hkdfSync('sha256', data, this.#salt, '', 64));
    return [key.subarray(0, 32), key.subarray(32)];
  }

  #mix(data: Uint8Array): void {
    [this.#salt, this.#key] = this.#derive(data);
    this.#counter = 0;
  }

  #encrypt(data: Uint8Array): Buffer {
    const sealed = seal(data, this.#key, this.#counter++, this.#hash);
    this.#authenticate(sealed);
    return sealed;
  }

  #decrypt(sealed: Uint8Array): Buffer {
    const data = open(sealed, this.#key, this.#counter++, this.#hash);
    this.#authenticate(sealed);
    return data;
  }
}

function nonce(counter: number): Buffer {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(counter, 8);
  return iv;
}

function seal(data: Uint8Array, key: Buffer, counter: number, bound: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(counter)).setAAD(bound);
  return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
}

function open(sealed: Uint8Array, key: Buffer, counter: number, bound: Buffer): Buffer {
  const data = Buffer.from(sealed);
  const cipher = createDecipheriv('aes-256-gcm', key, nonce(counter)).setAAD(bound);
  cipher.setAuthTag(data.subarray(-TAG_BYTES));
  return Buffer.concat([cipher.update(data.subarray(0, -TAG_BYTES)), cipher.final()]);
}
