/**
 * How a phone links a device: by its QR code, or by a pairing code that the person types in. In both ways the phone signs the
 * device's identity, and proves by a secret that it is the phone which saw the code.
 *
 * https://github.com/WhiskeySockets/Baileys: `configureSuccessfulPairing`, `requestPairingCode`, `link_code_companion_reg`
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  type DecipherGCM,
  hkdfSync,
  pbkdf2Sync,
  randomBytes,
} from 'node:crypto';
import { childOf, type KeyPair, type Node, type WhatsAppLibrary } from './library.ts';

const SERVER = 's.whatsapp.net';
const ITERATIONS = 2 << 16; // of the key that comes from a pairing code
const SALT = 32;
const CTR_IV = 16;
const GCM_IV = 12;
const TAG = 16;

export class Pairing {
  readonly #library: WhatsAppLibrary;
  /** Of the phone. */
  readonly #identity: KeyPair;
  readonly #ephemeral: KeyPair;
  readonly #device: { jid: string; lid: string };
  /** Of the device that wants to be linked. */
  #theirIdentity: Uint8Array | null = null;
  #theirWrapped: Buffer | null = null;
  #theirEphemeral: Uint8Array | null = null;

  constructor(library: WhatsAppLibrary, device: { jid: string; lid: string }) {
    this.#library = library;
    this.#identity = library.Curve.generateKeyPair();
    this.#ephemeral = library.Curve.generateKeyPair();
    this.#device = device;
  }

  /** A device shows its code. @param identity its public key */
  begin(identity: Uint8Array): void {
    this.#theirIdentity = identity;
  }

  /** The person scans the code. @returns what the device is told */
  scan(qr: string): Node {
    return this.#success(Buffer.from(qr.split('#')[1]?.split(',')[3] ?? '', 'base64'));
  }

  /** The device asks for a pairing code, `companion_hello`. */
  hello(stanza: Node): void {
    this.#theirWrapped = bytesOf(stanza, 'link_code_pairing_wrapped_companion_ephemeral_pub');
  }

  /** The person types the code in. @returns what the device is told, `primary_hello` */
  enter(code: string): Node {
    const wrapped = this.#theirWrapped;
    if (!wrapped) throw new Error('no device asked for a pairing code');
    const [salt, iv, sealed] = [
      wrapped.subarray(0, SALT),
      wrapped.subarray(SALT, SALT + CTR_IV),
      wrapped.subarray(SALT + CTR_IV),
    ];
    this.#theirEphemeral = createDecipheriv('aes-256-ctr', keyOf(code, salt), iv).update(sealed);
    const ownSalt = randomBytes(SALT);
    const ownIv = randomBytes(CTR_IV);
    const own = createCipheriv('aes-256-ctr', keyOf(code, ownSalt), ownIv).update(this.#ephemeral.public);
    const content = [
      {
        tag: 'link_code_pairing_wrapped_primary_ephemeral_pub',
        attrs: {},
        content: Buffer.concat([ownSalt, ownIv, own]),
      },
      { tag: 'primary_identity_pub', attrs: {}, content: this.#identity.public },
      { tag: 'link_code_pairing_ref', attrs: {}, content: Buffer.from('ref') },
    ];
    return {
      tag: 'notification',
      attrs: { from: SERVER, type: 'link_code_companion_reg', id: randomBytes(4).toString('hex'), t: '1' },
      content: [{ tag: 'link_code_companion_reg', attrs: { stage: 'primary_hello' }, content }],
    };
  }

  /**
   * The device proves that it showed the code, `companion_finish`.
   * @returns what it is told; null where the code was another one
   */
  finish(stanza: Node): Node | null {
    const { Curve } = this.#library;
    if (!this.#theirEphemeral || !this.#theirIdentity) throw new Error('nobody typed a code in');
    const shared = Curve.sharedKey(this.#ephemeral.private, this.#theirEphemeral);
    const bundle = bytesOf(stanza, 'link_code_pairing_wrapped_key_bundle');
    const info = 'link_code_pairing_key_bundle_encryption_key';
    const key = Buffer.from(hkdfSync('sha256', shared, bundle.subarray(0, SALT), info, 32));
    const opener = createDecipheriv('aes-256-gcm', key, bundle.subarray(SALT, SALT + GCM_IV));
    opener.setAuthTag(bundle.subarray(-TAG));
    const opened = openedBy(opener, bundle.subarray(SALT + GCM_IV, -TAG));
    if (!opened) return null;
    const random = opened.subarray(64);
    const identities = Curve.sharedKey(this.#identity.private, this.#theirIdentity);
    const secret = hkdfSync('sha256', Buffer.concat([shared, identities, random]), '', 'adv_secret', 32);
    return this.#success(Buffer.from(secret));
  }

  #success(secret: Buffer): Node {
    const { Curve, proto } = this.#library;
    if (!this.#theirIdentity) throw new Error('nobody wants to log in');
    const details = proto.ADVDeviceIdentity.encode({ rawId: 1, timestamp: 1, keyIndex: 1 }).finish();
    const signed = Buffer.concat([Buffer.from([6, 0]), details, this.#theirIdentity]);
    const identity = proto.ADVSignedDeviceIdentity.encode({
      details,
      accountSignatureKey: this.#identity.public,
      accountSignature: Curve.sign(this.#identity.private, signed),
    }).finish();
    const hmac = createHmac('sha256', secret).update(identity).digest();
    const content = proto.ADVSignedDeviceIdentityHMAC.encode({ details: identity, hmac }).finish();
    return {
      tag: 'iq',
      attrs: { from: SERVER, type: 'set', id: `pair-${randomBytes(4).toString('hex')}` },
      content: [
        {
          tag: 'pair-success',
          attrs: {},
          content: [
            { tag: 'device-identity', attrs: {}, content },
            { tag: 'platform', attrs: { name: 'android' } },
            { tag: 'device', attrs: this.#device },
          ],
        },
      ],
    };
  }
}

function openedBy(opener: DecipherGCM, sealed: Uint8Array): Buffer | null {
  const opened = opener.update(sealed);
  try {
    opener.final();
    return opened;
  } catch {
    return null; // sealed by another key
  }
}

function keyOf(code: string, salt: Uint8Array): Buffer {
  return pbkdf2Sync(code, salt, ITERATIONS, 32, 'sha256');
}

function bytesOf(stanza: Node, tag: string): Buffer {
  const found = childOf(childOf(stanza, 'link_code_companion_reg'), tag)?.content;
  if (!(found instanceof Uint8Array)) throw new Error(`the device sent no ${tag}`);
  return Buffer.from(found);
}
